"""The emulated platform: everything the handlers share, in one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tarmac.emulator.clock import VirtualClock
from tarmac.emulator.contracts import EmulatedDataset, ExportEngine, LandingZoneStore
from tarmac.emulator.faults import FaultDocument, Faults
from tarmac.emulator.growth import Growth
from tarmac.emulator.identity import SignIn
from tarmac.emulator.ids import stable_uuid
from tarmac.emulator.options import PROD_SANDBOX, EmulatorOptions
from tarmac.emulator.request_log import RequestLog
from tarmac.emulator.state import State
from tarmac.emulator.wire import Caller
from tarmac.terms.times import to_millis


@dataclass
class Platform:
    """One emulator's parts. `base_url` is set once the server listens; `files_dir` holds what runs write locally."""

    options: EmulatorOptions
    clock: VirtualClock
    state: State
    sign_in: SignIn
    datasets: dict[str, EmulatedDataset]
    engine: ExportEngine
    landing_zone: LandingZoneStore
    faults: Faults
    files_dir: Path
    growth: Growth
    log: RequestLog = field(default_factory=RequestLog)
    base_url: str = ""

    def now(self) -> datetime:
        """The virtual moment."""
        return self.clock.now()

    def now_ms(self) -> int:
        """The virtual moment in epoch milliseconds."""
        return to_millis(self.clock.now())

    def sandboxes(self) -> dict[str, str]:
        """Sandbox names and ids; `prod` exists always and is where a request without the header goes."""
        return {name: stable_uuid(f"sandbox:{name}") for name in (PROD_SANDBOX, self.options.sandbox)}

    def has_lake(self, caller: Caller) -> bool:
        """Whether the datasets are in this sandbox."""
        return caller.sandbox_name == self.options.sandbox or self.options.sample_flows > 0

    def arm(self, document: FaultDocument) -> None:
        """Add faults; expiring the tokens happens at once."""
        self.faults.add(document)
        if document.expire_tokens:
            self.sign_in.revoke_all()

    def remember_clock(self) -> None:
        """Keep the virtual moment and the speed for the next start."""
        self.state.remember("clock", {"now": self.now_ms(), "speed": self.clock.speed})
