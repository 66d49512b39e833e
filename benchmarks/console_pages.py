"""Each screen of the console and the slowest that can be asked of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from grown_house import WHOSE
from past import DAY, HOUR, Past
from servers.small_console import SmallConsole

from keyback.core.db.columns import micros
from keyback.core.recovery.state import Stage
from keyback.core.service.reporting.record_room import LOUD

# Whatever is asked of them, they read what administrators set, which is little.
OF_FEW_ROWS = (
    "policies/", "first-page/", "plugins/method/", "plugins/channel/", "plugins/store/", "questions/", "brand/",
    "messages/", "entries/", "files/", "signals/", "records/log",
)  # fmt: skip


@dataclass(frozen=True)
class Asking:
    """One page: a form is posted."""

    what: str
    path: str
    form: Mapping[str, str] | None = None
    # Look-ups have limits of their own, and a long file says all at once.
    times: int = 20


def every_page(console: SmallConsole, past: Past) -> Iterator[Asking]:
    """Everything that is listed, with its filters, the first page and a deep one."""
    yield Asking("Home", "/admin/")
    yield from _records(past)
    yield from _people(console, past)
    yield from _reports(past)
    yield from _others(console)
    yield Asking("messages: one", _linked(console, "/admin/messages/", '/admin/messages/one/[^"]+')[0])
    for path in OF_FEW_ROWS:
        yield Asking(path.rstrip("/"), f"/admin/{path}")
    yield from _files()


def _records(past: Past) -> Iterator[Asking]:
    now = past.now
    year = {"since": f"{now - 360 * DAY:%Y-%m-%d}"}
    long_ago = f"{micros(now - 180 * DAY):015x}"
    lately, old = (f"{micros(now - ago):015x}.8{'0' * 31}" for ago in (HOUR + 50 * timedelta(seconds=1), 15 * DAY))
    asked: Mapping[str, Mapping[str, Mapping[str, str]]] = {
        "": {
            "events of the last week": {},
            "events, half a year back": {**year, "before": long_ago},
            "events of one name": {**year, "name": "password.set"},
            "events of one name, half a year back": {**year, "name": "password.set", "before": long_ago},
            "events of a name that never happened": {**year, "name": "keys.rotated"},
            "events that deserve an eye": {**year, "name": LOUD},
            "events of one person": {**year, "person": past.ref(WHOSE)},
            "events of one person and name": {**year, "person": past.ref(WHOSE), "name": "password.set"},
        },
        "tries": {
            "tries": {},
            "tries, many pages on": {**year, "before": lately},
            "tries at one stage": {**year, "state": Stage.ANSWERING.value},
            "tries at a stage where none is": {**year, "state": Stage.UNSETTLED.value},
            "tries of one person": {**year, "person": past.ref(WHOSE)},
        },
        "messages": {
            "messages": {},
            "messages, half a month back": {**year, "before": old},
            "messages that failed (none did)": {**year, "state": "failed"},
            "messages to a region (none went)": {**year, "region": "AT"},
        },
        "jobs": {"jobs that wait": {}, "jobs that were given up": {**year, "state": "given-up"}},
    }
    for path, lists in asked.items():
        for what, filters in lists.items():
            yield Asking(f"Records: {what}", f"/admin/records/{path}?{urlencode(filters)}")


def _people(console: SmallConsole, past: Past) -> Iterator[Asking]:
    yield Asking("Find a person: the field", "/admin/people/")
    yield Asking("Find a person: looked up", "/admin/people/", {"name": "jo"})
    found = console.post("/admin/people/", {"name": "jo"}).location
    yield Asking("Find a person: their page", found)
    yield Asking("Simulator", "/admin/simulator/")
    yield Asking("Simulator: as one person", "/admin/simulator/", {"name": "jo", "purpose": "reset"})
    yield Asking("Who can get back in", "/admin/stranded/")
    for group in _linked(console, "/admin/stranded/", r"/admin/stranded/[^\"?/]+")[:1]:
        yield Asking("Who can get back in: people of a group", group)
        for after in _linked(console, group, r"/admin/stranded/[^\"]+after=[^\"]+")[:1]:
            yield Asking("Who can get back in: the next fifty", after.replace("&amp;", "&"))


def _reports(past: Past) -> Iterator[Asking]:
    for days in (7, 30, 365):
        since = {"since": f"{past.now - (days - 1) * DAY:%Y-%m-%d}"}
        yield Asking(f"Reports: {days} days", f"/admin/reports/?{urlencode(since)}")


def _others(console: SmallConsole) -> Iterator[Asking]:
    yield Asking("Campaigns", "/admin/campaigns/")
    yield Asking("Campaigns: one for everybody", "/admin/campaigns/c-0")
    yield Asking("Approvals", "/admin/approvals/")
    yield Asking("Signals: one receiver", "/admin/signals/siem")


def _files() -> Iterator[Asking]:
    for what in ("events", "recoveries", "messages", "jobs"):
        yield Asking(f"File of {what}", f"/admin/records/file/{what}", {}, times=1)
    yield Asking("File of a report", "/admin/reports/file", {}, times=3)


def _linked(console: SmallConsole, page: str, address: str) -> list[str]:
    return re.findall(f'href="({address})"', console.get(page).text)
