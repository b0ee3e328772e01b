"""A platform over a scripted network and a clock that does not wait."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from support.fake_clock import FakeClock
from support.scripted_network import Connect, ScriptedNetwork
from tarmac.platform.address import PlatformAddress
from tarmac.platform.client import Platform
from tarmac.platform.exchanges import Exchange
from tarmac.platform.retries import RetryPolicy
from tarmac.terms.secrets import Secret

# A busy machine is no failure of the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

CLIENT_SECRET = "p8e-Very/Secret+Client=Value"


@pytest.fixture
def address() -> PlatformAddress:
    return PlatformAddress(
        base_url="https://platform.example.com",
        ims_url="https://ims.example.com",
        org_id="0123456789ABCDEF01234567@AdobeOrg",
        client_id="client-1",
        client_secrets=(Secret(CLIENT_SECRET),),
        scopes=("openid", "AdobeID"),
        sandbox="ml-dev",
    )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
async def connect(address: PlatformAddress, clock: FakeClock, exchanges: list[Exchange]) -> AsyncIterator[Connect]:
    """Return a function that makes a platform over a network; `changes` go into its address."""
    async with AsyncExitStack() as stack:

        def make(network: ScriptedNetwork, **changes: Any) -> Platform:
            platform = Platform(
                replace(address, **changes),
                clock=clock,
                network=network,
                on_exchange=exchanges.append,
                policy=RetryPolicy(share=lambda: 1.0),
            )
            stack.push_async_callback(platform.aclose)
            return platform

        yield make
