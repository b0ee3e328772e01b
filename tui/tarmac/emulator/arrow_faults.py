"""What the Arrow library raises: plain Exception for most faults; for some a panic, a BaseException without public name."""


def is_arrow_fault(error: BaseException) -> bool:
    """Whether `error` may be handled as a fault of reading or writing; everything else has to be raised again."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"
