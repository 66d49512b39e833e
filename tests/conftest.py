"""What every test may count on, and which servers this machine lacks."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from time import strftime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from servers import certified_idp, lemonldap, npm_smsc, openid_client, signal_receiver
from servers.chromium import running_chromium
from servers.compiled_once import compile_once
from servers.memory import write_to_memory
from servers.postgres import Postgres, missing, running_postgres
from servers.side_by_side import Together

from keyback.core.db.session import Database

# Hypothesis takes an example that lasts a fifth of a second for a fault; on a busy machine it is none.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

write_to_memory()
compile_once()

# What tests start themselves, and where distributions keep it when it is not on everybody's path.
SERVERS = {
    "slapd": ("slapd", "/usr/sbin/slapd"),
    "PostgreSQL": ("initdb", *map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb"))),
    "Chromium": ("chromium", "google-chrome"),
    "Samba": ("samba", "/usr/sbin/samba"),
}

LONGEST = ("journeys", "live")


def pytest_report_header() -> str:
    """Says by name what is absent, so that a green run is not taken for more than it is."""
    absent = [name for name, programs in SERVERS.items() if not any(map(shutil.which, programs))]
    absent += ["LemonLDAP::NG"] if lemonldap.missing() else []
    absent += ["oidc-provider"] if certified_idp.missing() else []
    absent += ["openid-client"] if openid_client.missing() else []
    absent += ["npm's smpp"] if npm_smsc.missing() else []
    absent += ["npm's jose"] if signal_receiver.missing() else []
    if absent:
        return f"keyback: SKIPPING every test that starts {', '.join(absent)}: not installed here"
    others = "LemonLDAP::NG, oidc-provider, openid-client, npm's smpp, npm's jose"
    return f"keyback: real servers: {', '.join(SERVERS)}, {others}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long fault runs are asked for by name: `make faults`."""
    if config.option.markexpr:
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = sorted((item for item in items if item not in slow), key=_is_short)


def _is_short(item: pytest.Item) -> bool:
    """Files that last for minutes begin first, so that no process has one left when the others are done."""
    return item.path.parent.name not in LONGEST


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Names a failure when it happens: a run that is broken off would otherwise tell of none."""
    if not report.failed:
        return None
    said = f"\n{strftime('%X')} {report.nodeid} failed\n"
    return ("failed", said, "FAILED") if report.when not in ("setup", "teardown") else ("error", said, "ERROR")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Asked whenever there is more than one process."""
    return Together(config, log)


@pytest.fixture(autouse=True)
def _nobody_elses_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own KEYBACK_… variables change no test."""
    for name in [name for name in os.environ if name.startswith("KEYBACK_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _nobody_elses_log() -> Iterator[None]:
    """A command says where every logger of the process writes; the next test's lines would go where nobody reads."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A real browser. While it runs, this thread has no event loop of its own: never for the whole run."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One cluster for the whole run; whoever needs a database takes one of their own."""
    if why := missing():
        pytest.skip(why)
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Empty tables in a file to be copied, made once: making them takes longer than most tests."""
    file = tmp_path_factory.mktemp("migrated") / "keyback.db"
    database = Database(f"sqlite:///{file}")
    database.upgrade()
    database.close()
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> str:
    """The same on a server: nobody may be connected to what is copied."""
    url = postgres.database()
    database = Database(url)
    database.upgrade()
    database.close()
    return url


@pytest.fixture
def database(tmp_path: Path, migrated: Path) -> Iterator[Database]:
    """A file with empty tables."""
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Empty tables in a database of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("database")
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    database = Database(postgres.database(like=request.getfixturevalue("migrated_postgres")))
    yield database
    database.close()
