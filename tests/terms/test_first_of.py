from __future__ import annotations

from tarmac.terms.errors import first_of


def test_the_first_error_of_a_group_is_found_however_deep_it_lies() -> None:
    first, second = ValueError("first"), ValueError("second")
    assert first_of(ExceptionGroup("tasks", [ExceptionGroup("inner", [first]), second])) is first
    assert first_of(ExceptionGroup("tasks", [second, first])) is second
