"""What can be wrong with a mirror.  None of it ends a fetch: the next mirror is tried."""


class MirrorFault(Exception):
    """A mirror that gave nothing of use.  Its message is a few words for the list of all mirrors."""


class PassingFault(MirrorFault):
    """A fault that may be gone at the next attempt: a server that is busy, a connection that was cut."""
