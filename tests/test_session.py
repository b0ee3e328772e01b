"""What the session knows of the platform: whether it has answered, and who waits for its first word."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from tarmac.session import Session, SignIn
from tarmac.terms.errors import TarmacError

NOW = datetime(2026, 11, 23, 14, 2, 59, tzinfo=UTC)
LONG_S = 60.0


@pytest.mark.parametrize("answers", [True, False])
async def test_the_first_word_is_an_answer_or_a_refusal(answers: bool) -> None:
    session = Session("acme")
    waiting = asyncio.create_task(session.first_word(LONG_S))
    await asyncio.sleep(0)
    assert not waiting.done()
    if answers:
        session.answered(NOW)
    else:
        session.failed(TarmacError("nobody answers", code="unreachable", meaning="", next_step=""))
    async with asyncio.timeout(10):
        await waiting
    assert session.sign_in is (SignIn.SIGNED_IN if answers else SignIn.OFFLINE)
    # Whoever asks later does not wait at all.
    async with asyncio.timeout(10):
        await session.first_word(LONG_S)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("sign-in-invalid_client", "not signed in: wrong secret"),
        ("sign-in-invalid_scope", "not signed in"),
        ("sign-in", "not signed in"),
        ("secret", "secret missing"),
        ("unreachable", "not reachable"),
        ("no-answer", "not reachable"),
    ],
)
async def test_trouble_has_a_name_without_internal_codes(code: str, words: str) -> None:
    session = Session("acme")
    session.failed(TarmacError("no", code=code))
    assert session.state_words == words


async def test_nobody_waits_for_a_platform_that_says_nothing() -> None:
    session = Session("acme")
    async with asyncio.timeout(10):
        await session.first_word(0)
    assert session.sign_in is SignIn.SIGNING_IN


async def test_only_another_minute_is_news() -> None:
    session, told = Session("acme"), []
    session.on_change = lambda: told.append(session.data_at)
    session.answered(NOW)
    session.answered(NOW.replace(second=1))
    session.answered(NOW.replace(minute=3))
    assert told == [NOW.replace(second=0), NOW.replace(minute=3, second=0)]
