"""Signing in: one token for all callers, renewed well before it ends (platform-api §1.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

from tarmac.platform.address import PlatformAddress
from tarmac.platform.atlas import explain_code
from tarmac.platform.errors import BadAnswer, PlatformError, RateLimited, ServerFault, SignInFailed, Unreachable
from tarmac.platform.exchanges import Listener, hide, record
from tarmac.platform.hosts import host_of
from tarmac.platform.messages import Answer, PlannedRequest
from tarmac.platform.problems import read_problem, refusal
from tarmac.platform.retries import PASSING_STATUSES, RetryPolicy, parse_http_date, parse_retry_after
from tarmac.terms.secrets import Secret
from tarmac.terms.text import plain
from tarmac.terms.times import Clock

TOKEN_PATH = "/ims/token/v3"  # noqa: S105 - a path
_EARLY = timedelta(seconds=500)
_EARLY_SHARE = 0.1
_UNSTATED_LIFETIME = timedelta(hours=1)
# The old exchange spoke milliseconds (§1.1); no token lives longer than this many seconds.
_LONGEST_SECONDS = 30 * 86_400


class Wire(Protocol):
    """What signing in needs of the wire."""

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, *, is_write: bool
    ) -> Answer:
        """Send one request and return the whole answer."""
        ...


class SignIn:
    """The token of one credential, in memory only. Safe to share between tasks: one renewal serves all who wait."""

    def __init__(
        self,
        address: PlatformAddress,
        wire: Wire,
        clock: Clock,
        *,
        policy: RetryPolicy | None = None,
        listener: Listener | None = None,
    ) -> None:
        self._address = address
        self._wire = wire
        self._clock = clock
        self._policy = policy or RetryPolicy()
        self._listener = listener
        self._lock = asyncio.Lock()
        self._token: Secret | None = None
        self._renew_at = 0.0
        self._expires_at: datetime | None = None
        self._rounds = 0
        self._failure: PlatformError | None = None
        self._preferred = 0

    @property
    def expires_at(self) -> datetime | None:
        """When the present token ends (UTC); None if there is none."""
        return self._expires_at if self._token is not None else None

    def secrets(self) -> tuple[Secret, ...]:
        """Return everything that must not be shown: the client secrets and the present token."""
        token = () if self._token is None else (self._token,)
        return (*self._address.client_secrets, *token)

    async def token(self) -> Secret:
        """Return a token that is good for a while, asking for a new one if needed.

        Raises SignInFailed when the credentials are refused; Unreachable, NoAnswer, RateLimited, ServerFault or BadAnswer
        when the service cannot say. Everybody who waits for the same renewal gets the same outcome.
        """
        if self._is_fresh():
            return self._held()
        seen = self._rounds
        async with self._lock:
            if self._is_fresh():
                return self._held()
            if self._rounds != seen and self._failure is not None:
                raise self._failure
            try:
                await self._renew()
            except PlatformError as error:
                self._failure = error
                raise
            else:
                self._failure = None
            finally:
                self._rounds += 1
            return self._held()

    def invalidate(self, refused: Secret) -> None:
        """Forget the token if it is still the one that was refused; a newer one stays."""
        if self._token == refused:
            self._token = None

    def _is_fresh(self) -> bool:
        return self._token is not None and self._clock.monotonic() < self._renew_at

    def _held(self) -> Secret:
        if self._token is None:  # pragma: no cover - callers checked
            raise BadAnswer("There is no token.")
        return self._token

    async def _renew(self) -> None:
        secrets = [secret for secret in self._address.client_secrets if secret]
        order = [*range(self._preferred, len(secrets)), *range(min(self._preferred, len(secrets)))]
        for place, index in enumerate(order):
            answer = await self._ask(secrets[index])
            if answer.is_success:
                self._keep(answer)
                self._preferred = index
                return
            is_last = place == len(order) - 1
            if is_last or not _says_wrong_secret(answer):
                raise self._failed(answer)

    async def _ask(self, secret: Secret) -> Answer:
        """POST the form; asking twice is harmless, so passing faults are retried."""
        url = self._address.ims_url + TOKEN_PATH
        form = {
            "grant_type": "client_credentials",
            "client_id": self._address.client_id,
            "client_secret": secret.reveal(),
            "scope": ",".join(self._address.scopes),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        shown = PlannedRequest("POST", TOKEN_PATH, {"Accept": "application/json"}, {**form, "client_secret": secret})
        started = self._clock.monotonic()
        attempt = 1
        while True:
            retry_after: timedelta | None = None
            before, moment = self._clock.monotonic(), self._clock.now()
            answer: Answer | None = None
            fault: PlatformError | None = None
            try:
                answer = await self._wire.exchange(
                    "POST", url, headers, urlencode(form).encode("ascii"), is_write=False
                )
            except Unreachable as error:
                fault = error
            record(
                shown,
                answer,
                moment=moment,
                duration_ms=(self._clock.monotonic() - before) * 1000,
                sandbox="",
                known=self.secrets(),
                error=None if fault is None else fault.code,
                listener=self._listener,
            )
            if answer is not None:
                if answer.status not in PASSING_STATUSES:
                    return answer
                retry_after = parse_retry_after(
                    answer.headers.get("retry-after"),
                    # A moment to ask again is one of its clock, which need not be ours.
                    parse_http_date(answer.headers.get("date")) or self._clock.now(),
                )
            attempt += 1
            wait = self._policy.wait_before(attempt, retry_after)
            late = self._clock.monotonic() - started + wait > self._policy.patience
            if late or attempt > self._policy.attempts or (fault is not None and not fault.is_passing):
                if answer is not None:
                    return answer
                if fault is not None:
                    raise fault
            await self._clock.sleep(wait)

    def _keep(self, answer: Answer) -> None:
        body = answer.json()
        token = body.get("access_token") if isinstance(body, Mapping) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token.strip():
            raise BadAnswer(
                f"{host_of(self._address.ims_url)} answered without an access token.",
                meaning="The sign-in service, or something in its place, said yes but gave no token.",
                next_step="Check ims_url in the profile.",
                request_id=answer.request_id,
            )
        lifetime = _lifetime(body.get("expires_in"))
        early = min(_EARLY, lifetime * _EARLY_SHARE)
        self._token = Secret(token.strip())
        self._renew_at = self._clock.monotonic() + (lifetime - early).total_seconds()
        self._expires_at = self._clock.now() + lifetime

    def _failed(self, answer: Answer) -> PlatformError:
        known = self.secrets()
        host = host_of(self._address.ims_url)
        error = refusal(answer, f"Signing in at {host}", self._clock.now(), known)
        if isinstance(error, RateLimited | ServerFault):
            return error
        problem = read_problem(answer)
        explanation = explain_code(problem.code)
        words = plain(hide(problem.text or problem.code, known), 300).rstrip(".")
        return SignInFailed(
            f"{host} refused to sign in: {words}." if words else f"{host} refused to sign in with {answer.status}.",
            code=f"sign-in-{plain(problem.code, 60)}" if explanation is not None else None,
            meaning=explanation.meaning if explanation else "The sign-in service does not accept this credential.",
            next_step=explanation.next_step if explanation else "Check client_id, client_secret, scopes and ims_url.",
            request_id=error.request_id,
        )


def _says_wrong_secret(answer: Answer) -> bool:
    # `invalid client_id parameter` is the same code, but another secret cannot mend it (§1.1).
    problem = read_problem(answer)
    return answer.status in {400, 401} and problem.code == "invalid_client" and "client_id" not in problem.text


def _lifetime(value: object) -> timedelta:
    try:
        seconds = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        seconds = 0.0
    if not 0 < seconds < 1e12:
        return _UNSTATED_LIFETIME
    return timedelta(seconds=seconds / 1000 if seconds > _LONGEST_SECONDS else seconds)
