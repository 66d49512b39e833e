"""The event log goes to a collector in order, and only what surely arrived counts as kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError
from servers.ports import free_port
from servers.siem import Siem, parse

from keyback.core import Context, DeliveryFailed, LogEntry, PluginError
from keyback.core.testing import a_context
from keyback.plugins.notifiers import syslog
from keyback.plugins.notifiers.syslog import Syslog, SyslogSettings

AT = datetime(2026, 11, 22, 12, 30, 1, 250_000, UTC)


@pytest.fixture
def siem(tmp_path: Path) -> Iterator[Siem]:
    with Siem(tmp_path) as siem:
        yield siem


@pytest.fixture
def ctx() -> Context:
    return dataclasses.replace(a_context(), deadline=a_context().now + timedelta(seconds=5))


def to(siem: Siem, **changed: object) -> Syslog:
    near = {"host": "localhost", "port": siem.port, "ca_file": str(siem.ca_file)}
    return Syslog(SyslogSettings.model_validate({**near, **changed}))


def an_entry(seq: int, *, loud: bool = False, **data: object) -> LogEntry:
    return LogEntry(seq, f"e{seq}", AT, "password.set", "r-1", "p-1", data, loud, b"\x01\xff")


def failure(plugin: Syslog, ctx: Context) -> tuple[str, bool]:
    with pytest.raises(DeliveryFailed) as raised:
        plugin.keep([an_entry(seq) for seq in range(1, 2001)], ctx)
    return raised.value.kind, raised.value.retry


def test_a_collector_gets_each_event_with_its_number_and_the_chains_hash(siem: Siem, ctx: Context) -> None:
    to(siem).keep([an_entry(7, store="openldap", unlock=True), an_entry(8, loud=True)], ctx)
    assert siem.faults == []
    first, second = siem.records
    assert (first.name, first.at, first.priority) == ("password.set", "2026-11-22T12:30:01.250000Z", 109)
    assert first.log == {"seq": "7", "id": "e7", "recovery": "r-1", "person": "p-1", "hash": "01ff"}
    assert first.event == {"store": "openldap", "unlock": "true"}
    assert second.priority == 108


@pytest.mark.parametrize("polite", [True, False], ids=["says goodbye", "only closes"])
def test_what_was_read_to_its_end_is_kept(siem: Siem, ctx: Context, *, polite: bool) -> None:
    siem.polite = polite
    to(siem).keep([an_entry(seq) for seq in range(1, 2001)], ctx)
    assert siem.numbers() == list(range(1, 2001))


def test_what_was_read_in_part_is_not_kept(siem: Siem, ctx: Context) -> None:
    siem.breaks_after = 3
    assert failure(to(siem), ctx) == ("unreachable", True)
    assert siem.numbers() == [1, 2, 3]


def test_a_collector_that_takes_too_long_is_given_up(siem: Siem, ctx: Context) -> None:
    siem.delay = 0.2
    soon = dataclasses.replace(ctx, deadline=ctx.now + timedelta(seconds=1.5))
    assert failure(to(siem), soon) == ("timeout", True)


def test_a_collector_that_is_away_is_told_apart_from_a_wrong_one(siem: Siem, ctx: Context) -> None:
    assert failure(to(siem, port=free_port()), ctx) == ("unreachable", True)
    assert failure(to(siem, ca_file=""), ctx) == ("certificate", False)
    assert siem.records == []


def test_the_check_says_whether_it_would_work_and_sends_nothing(siem: Siem) -> None:
    to(siem).check()
    with pytest.raises(PluginError, match="certificate"):
        to(siem, ca_file="").check()
    assert (siem.records, siem.faults) == ([], [])


def test_half_a_certificate_is_refused() -> None:
    with pytest.raises(ValidationError, match="go together"):
        SyslogSettings(host="siem.example", certificate="own.pem")


@given(value=some.text(), name=some.sampled_from(["store", "because"]))
def test_nothing_in_an_event_can_end_its_record_or_its_field(value: str, name: str) -> None:
    record = parse(syslog._written(an_entry(1, **{name: value}), "reset.example.org", 32473).decode())
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in value)
    assert record.event == {name: shown}
