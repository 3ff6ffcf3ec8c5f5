"""The one error that a user is meant to read."""


class ProbesteerError(Exception):
    """Bad input or settings, told in one line: what is wrong, where, and what to do.

    Stages print the message and leave with status 1; anything else that is raised is a fault
    of the program and keeps its traceback.
    """
