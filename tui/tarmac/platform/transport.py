"""The way of every request to the platform: headers, sign-in, patience, the server's time, the log.

What is sent again, and why that is safe:

- reads (GET): after any passing fault, with capped backoff;
- anything, when no connection was made: nothing was sent;
- anything, after 401, once and with a new token: the gateway refused it before acting;
- what may be repeated, after 429; a POST that creates or fires is not: that it was refused before it was carried out is
  documented nowhere (§8.2), so that whoever sent it looks first, when it has waited as long as it was asked to;
- a write after a timeout, a broken connection or a 5xx: never. It may have been carried out (`maybe_done`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tarmac.platform.address import PlatformAddress
from tarmac.platform.errors import BadAnswer, NoAnswer, PlatformError, ServerFault, Unreachable
from tarmac.platform.exchanges import Listener, record
from tarmac.platform.messages import Answer, PlannedRequest
from tarmac.platform.problems import read_problem, refusal
from tarmac.platform.retries import PASSING_STATUSES, RetryPolicy, parse_http_date, parse_retry_after
from tarmac.platform.sign_in import SignIn, Wire
from tarmac.terms.secrets import MASK, Secret
from tarmac.terms.times import Clock

_EXPIRED_TOKEN = "401013"  # noqa: S105 - an error code
# `Date` has whole seconds and travels: less than this is no difference.
_CLOCK_TOLERANCE = timedelta(seconds=2)


@dataclass
class ServerTime:
    """How far the server's clock is from ours, by its latest `Date`; shared by all sandboxes."""

    offset: timedelta = field(default_factory=timedelta)

    def observe(self, date: str | None, now: datetime) -> None:
        """Take in a `Date` header; anything unreadable changes nothing."""
        moment = parse_http_date(date)
        if moment is not None:
            offset = moment - now
            self.offset = offset if abs(offset) > _CLOCK_TOLERANCE else timedelta(0)


class Transport:
    """Sends planned requests for one sandbox. Cheap to copy for another one (`for_sandbox`)."""

    def __init__(
        self,
        address: PlatformAddress,
        wire: Wire,
        sign_in: SignIn,
        clock: Clock,
        *,
        policy: RetryPolicy | None = None,
        listener: Listener | None = None,
        server_time: ServerTime | None = None,
    ) -> None:
        self.address = address
        self._wire = wire
        self._sign_in = sign_in
        self._clock = clock
        self._policy = policy or RetryPolicy(patience=2 * address.request_timeout.total_seconds())
        self._listener = listener
        self._server_time = server_time or ServerTime()

    def for_sandbox(self, sandbox: str) -> Transport:
        """Return a transport for another sandbox with the same connections, token and clock."""
        return Transport(
            self.address.in_sandbox(sandbox),
            self._wire,
            self._sign_in,
            self._clock,
            policy=self._policy,
            listener=self._listener,
            server_time=self._server_time,
        )

    def server_now(self) -> datetime:
        """Return the platform's present moment (UTC) by its latest answer; our own clock before the first one."""
        return self._clock.now() + self._server_time.offset

    def common_headers(self) -> dict[str, str]:
        """Return the headers of every call (platform-api §1.4) with the token masked, for people to read."""
        return self._headers(MASK)

    async def send(self, request: PlannedRequest) -> Answer:
        """Send the request and return its successful answer (2xx).

        Raises SignInFailed, Unreachable, TlsRefused, NoAnswer (reads), OutcomeUnknown (writes), BadAnswer, or a Refused by
        status. `maybe_done` on the error says whether a write may have been carried out.
        """
        patience = _Patience(self._policy, self._clock.monotonic())
        renewed = False
        while True:
            token = await self._sign_in.token()
            try:
                answer = await self._once(request, token)
            except PlatformError as error:
                wait = patience.after_fault(error, request, self._clock.monotonic())
                if wait is None:
                    raise
                await self._clock.sleep(wait)
                continue
            if answer.is_success:
                return answer
            if _token_refused(answer):
                # Forget it in any case, so that the next call starts with a new one.
                self._sign_in.invalidate(token)
                if not renewed:
                    renewed = True
                    continue
            wait = patience.after_status(answer, request, self._clock.monotonic(), self.server_now())
            if wait is None:
                raise self._refused(answer, request, token)
            await self._clock.sleep(wait)

    async def _once(self, request: PlannedRequest, token: Secret) -> Answer:
        moment, before = self._clock.now(), self._clock.monotonic()
        known = (*self._sign_in.secrets(), token, *request.secrets())
        answer: Answer | None = None
        fault: str | None = "cancelled"
        try:
            answer = await self._wire.exchange(
                request.method,
                self.address.base_url + request.path,
                {**self._headers(token.reveal()), **request.headers},
                request.wire_body(),
                is_write=request.is_write,
            )
            fault = None
        except PlatformError as error:
            fault = error.code
            raise
        finally:
            record(
                request,
                answer,
                moment=moment,
                duration_ms=(self._clock.monotonic() - before) * 1000,
                sandbox=self.address.sandbox,
                known=known,
                error=fault,
                listener=self._listener,
            )
        self._server_time.observe(answer.headers.get("date"), self._clock.now())
        return answer

    def _headers(self, token: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token}",
            "x-api-key": self.address.client_id,
            "x-gw-ims-org-id": self.address.org_id,
            "x-sandbox-name": self.address.sandbox,
        }

    def _refused(self, answer: Answer, request: PlannedRequest, token: Secret) -> PlatformError:
        known = (*self._sign_in.secrets(), token, *request.secrets())
        asked = f"{request.method} {request.path.partition('?')[0]}"
        if answer.status < 400:
            return BadAnswer(
                f"{asked} was answered with {answer.status}, which leads elsewhere.",
                meaning="Redirects are not followed: the token goes to the configured host only.",
                next_step="Check base_url in the profile; a proxy may be answering instead of the platform.",
                request_id=answer.request_id,
            )
        error = refusal(answer, asked, self.server_now(), known)
        unclear = isinstance(error, ServerFault) or answer.status == 408
        error.maybe_done = request.is_write and (unclear or (answer.status == 429 and not request.may_repeat))
        return error


class _Patience:
    """Counts the attempts of one call and says how long to wait before the next one; None: no more."""

    def __init__(self, policy: RetryPolicy, started: float) -> None:
        self._policy = policy
        self._started = started
        self._attempt = 1

    def after_fault(self, error: PlatformError, request: PlannedRequest, now: float) -> float | None:
        nothing_sent = isinstance(error, Unreachable) and not isinstance(error, NoAnswer)
        lost_read = isinstance(error, NoAnswer) and not request.is_write
        if not error.is_passing or not (nothing_sent or lost_read):
            return None
        return self._next(now, None, self._policy.patience, self._policy.attempts)

    def after_status(self, answer: Answer, request: PlannedRequest, now: float, moment: datetime) -> float | None:
        retry_after = parse_retry_after(answer.headers.get("retry-after"), moment)
        if answer.status == 429 and request.may_repeat:
            return self._next(now, retry_after, self._policy.throttle_patience, 2 * self._policy.attempts)
        if request.is_write or answer.status not in PASSING_STATUSES:
            return None
        return self._next(now, retry_after, self._policy.patience, self._policy.attempts)

    def _next(self, now: float, retry_after: timedelta | None, patience: float, attempts: int) -> float | None:
        self._attempt += 1
        wait = self._policy.wait_before(self._attempt, retry_after)
        if self._attempt > attempts or now - self._started + wait > patience:
            return None
        return wait


def _token_refused(answer: Answer) -> bool:
    return answer.status == 401 or (answer.status in {400, 403} and read_problem(answer).code == _EXPIRED_TOKEN)


def merged_headers(transport: Transport, request: PlannedRequest) -> Mapping[str, str]:
    """Return all headers of a request as it will be sent, the token masked."""
    return {**transport.common_headers(), **request.headers}
