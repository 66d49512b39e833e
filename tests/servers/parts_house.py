"""A process with real plugins on a database, without its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keyback.core.contracts.plugin import Plugin
from keyback.core.db.sealing import Keyring
from keyback.core.db.session import Database
from keyback.core.host import Host
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.records import Records
from keyback.core.service.ruling.part_values import Change
from keyback.core.service.ruling.parts import Part, Parts, Switch
from keyback.core.service.snapshot import Snapshots
from keyback.core.service.surroundings import Surroundings

from .small_house import Clock

INES = Actor("ines", "Ines Roth", frozenset({Role.ADMINISTRATOR}))
LOADED = ("email", "sms", "saved_codes", "questions", "embedded", "smtp", "http_gateway", "proof_of_work")
MAIL = {"host": "mail.example.org", "sender": "keyback@example.org"}
CANARY = "canary-of-the-mail-server"
NOBODYS: Mapping[tuple[str, str], type[Plugin]] = {}


@dataclass
class Works:
    """One process."""

    parts: Parts
    snapshots: Snapshots
    records: Records
    clock: Clock

    def close(self) -> None:
        self.records.db.close()

    def part(self, kind: str, key: str) -> Part:
        part = self.parts.one(kind, key)
        assert part is not None
        return part

    def save(self, kind: str, key: str, forget: frozenset[str] = frozenset(), **values: object) -> int:
        return self.parts.save(INES, self.part(kind, key), Change(values, forget))

    def switch(self, kind: str, key: str, on: bool, **more: Any) -> int:
        return self.parts.switch(INES, self.part(kind, key), Switch(on, **more))

    def stored(self, kind: str, key: str) -> dict[str, object]:
        with self.records.db.read() as tx:
            return next(dict(row.settings) for row in self.records.settings.plugin_rows(tx) if row.key == key)


def works(url: str, folder: Path, clock: Clock, others: Mapping[tuple[str, str], type[Plugin]] = NOBODYS) -> Works:
    """One process over this database; its directory lies in the folder. `others`: plugins of somebody else's."""
    database = Database(url)
    keyring = Keyring.load(database, bytes(range(32)))
    records = Records.open(database, keyring)
    host = Host(LOADED)
    host.classes = {**host.classes, **others}
    snapshots = Snapshots(
        host,
        records,
        pinned={("store", "embedded"): {"database": f"sqlite:///{folder / 'people.db'}"}},
        made={("method", "saved_codes"): {"pepper": "p" * 32}, ("method", "questions"): {"pepper": "q" * 32},
              ("human_check", "proof_of_work"): {"key": "k" * 64}},
        human_checks=("proof_of_work",),
        now=clock,
    )  # fmt: skip
    around = Surroundings("Acme", "https://reset.example.org", now=clock)
    return Works(Parts(records=records, snapshots=snapshots, around=around), snapshots, records, clock)
