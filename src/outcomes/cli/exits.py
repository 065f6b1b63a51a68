"""The exit codes: done; done, but not all of it; wrong usage or input."""

DONE, PARTLY, WRONG = 0, 1, 2
