"""Ad-hoc runs of dataset flows (platform-api §4)."""

from __future__ import annotations

from collections.abc import Sequence

from tarmac.platform.errors import BadAnswer
from tarmac.platform.paging import Sender
from tarmac.platform.problems import special_refusal
from tarmac.platform.requests import ad_hoc_request
from tarmac.platform.run_answers import ad_hoc_runs
from tarmac.terms.times import Clock


class AdHoc:
    """`/adhocrun`, told apart from the audience call by its Accept."""

    def __init__(self, sender: Sender, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock

    async def trigger(self, flow_id: str, dataset_ids: Sequence[str]) -> dict[str, str]:
        """Start a run and return the run id by dataset id.

        Raises NotReady (probe again), StorageNotAllowed, RunExists (`run_id` where named); BadAnswer with `maybe_done` if
        the platform said yes without naming a run. Not idempotent: never repeat after OutcomeUnknown without looking.
        """
        request = ad_hoc_request(flow_id, dataset_ids)
        answer = await self._sender.send(request)
        try:
            return ad_hoc_runs(answer.json())
        except BadAnswer as error:
            # The refusals' HTTP status was never recorded (§12.1): one of them may come with a 200.
            refused = special_refusal(answer, "Starting the run", self._clock.now())
            if refused is not None:
                raise refused from error
            error.maybe_done = True
            raise
