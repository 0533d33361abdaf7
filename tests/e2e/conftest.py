"""One emulator and one deployed stack for all tests here but the fault matrix; queues are empty at first."""

import pytest

from deployment import PACKAGE, ROOT, Deployment, Emulator


@pytest.fixture(scope="session")
def deployed(tmp_path_factory):
    assert PACKAGE.exists(), (
        f"no {PACKAGE.relative_to(ROOT)}; build it with: cargo lambda build --release --output-format zip"
    )
    emulator = Emulator(tmp_path_factory.mktemp("aws"))
    try:
        yield Deployment(emulator)
    finally:
        emulator.stop()


@pytest.fixture
def responder(deployed):
    """The deployed responder, with nothing under way, nothing broken and nothing in any queue."""
    deployed.trail(False)
    deployed.proxy.heal()
    deployed.settle()
    deployed.forget()
    for drain in (deployed.alerts, deployed.failed_events, deployed.dead_letters):
        drain()
    return deployed
