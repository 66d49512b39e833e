"""What administrators and auditors do with the records. Who it was stands in the sealed details."""

from __future__ import annotations

from dataclasses import dataclass

from .event import Event


@dataclass(frozen=True, slots=True)
class DetailsOpened(Event):
    """Somebody read the personal details of one event."""

    name = "records.details-opened"
    event: str


@dataclass(frozen=True, slots=True)
class RecordsExported(Event):
    """Somebody took records away as a file. `what`: events, recoveries, messages, jobs or a report."""

    name = "records.exported"
    loud = True
    what: str


@dataclass(frozen=True, slots=True)
class LogChecked(Event):
    """The whole event log was verified. `bad`: how many problems there are; `first`: the first of them."""

    name = "records.log-checked"
    started: str
    records: int
    bad: int
    first: str


@dataclass(frozen=True, slots=True)
class LogBroken(Event):
    """A verification of the event log met a record that is missing or was altered."""

    name = "records.log-broken"
    loud = True
    first: str


@dataclass(frozen=True, slots=True)
class FileScheduled(Event):
    """An administrator has a report or records mailed again and again. `every`: week or month."""

    name = "records.file-scheduled"
    loud = True
    what: str
    every: str


@dataclass(frozen=True, slots=True)
class FileScheduleEnded(Event):
    """It is mailed no more. `cause`: asked, time, or owner: whoever set it up is gone."""

    name = "records.file-schedule-ended"
    what: str
    cause: str


@dataclass(frozen=True, slots=True)
class FileMailed(Event):
    """It went to one address."""

    name = "records.file-mailed"
    what: str


@dataclass(frozen=True, slots=True)
class FileNotMailed(Event):
    """It went to none of these, however often it was tried."""

    name = "records.file-not-mailed"
    loud = True
    what: str
