"""What all tests share: one of each real server, bytecode that is made once, and no judging of speed by hypothesis."""

import gc
import logging
import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from support.servers import azurite, closed_port, s3_server
from support.sftp_servers import sftp_by_password, sshd

__all__ = ["azurite", "closed_port", "s3_server", "sftp_by_password", "sshd"]

# Every worker and every `python -m tarmac` would compile all of tarmac again where the machine keeps no bytecode.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# How long one example takes says more about what else this machine does.
settings.register_profile("tarmac", deadline=None)
settings.load_profile("tarmac")


@pytest.fixture(autouse=True)
def log_of_its_own() -> Iterator[None]:
    """Let no test hear less of tarmac's log because of the one before it, which may have had it sent to a file."""
    yield
    logging.getLogger("tarmac").propagate = True


def pytest_collection_finish() -> None:
    """Let the collector of garbage not go through modules and collected tests again and again: they stay to the end."""
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-snapshots`: write the files in tests/snapshots anew instead of comparing with them."""
    parser.addoption("--update-snapshots", action="store_true", help="write tests/snapshots anew; look at the diff")
