"""Runs in a process of its own: workbooks from anywhere are read where they can do no harm.

Nothing here imports pandas or another room, so that the process starts fast.
"""
