"""Did coaching or therapy help, was it more than noise, and do the two differ?"""
