from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tarmac.platform.address import PlatformAddress
from tarmac.terms.errors import UsageError
from tarmac.terms.secrets import Secret


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "http://platform.adobe.io"},
        {"ims_url": "http://ims.adobe.com"},
        {"org_id": ""},
        {"client_id": "a b"},
        {"sandbox": "dev\r\nx-evil: 1"},
        {"client_secrets": ()},
        {"client_secrets": (Secret(""),)},
        {"request_timeout": timedelta(0)},
    ],
)
def test_what_cannot_be_used_is_refused_before_any_request(address: PlatformAddress, changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        replace(address, **changes)


def test_secrets_are_not_in_its_repr(address: PlatformAddress) -> None:
    assert address.client_secrets[0].reveal() not in repr(address)
