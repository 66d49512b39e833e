"""Counts what the database is asked at each step, in this process, where nothing else asks."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from person import Journey
from servers.keyback import HOST
from sqlalchemy import Dialect, Engine, event
from town import Town
from wire import Answer, Ldap

from keyback.config.app import create_app
from keyback.config.house import House, build
from keyback.config.loading import load
from keyback.core.db.prepared import Prepared, Row

WARM = 3


@dataclass
class Inside:
    """Requests straight into the application."""

    client: FlaskClient

    @classmethod
    def of(cls, app: Flask) -> Inside:
        return cls(app.test_client(use_cookies=False))

    def send(self, method: str, path: str, cookie: str, form: Mapping[str, str] | None = None) -> Answer:
        came = self.client.open(
            path, method=method, data=form, base_url=f"https://{HOST}", headers={"Cookie": cookie} if cookie else {}
        )
        mine = [line for line in came.headers.getlist("Set-Cookie") if "kb_j" in line]
        return Answer(
            came.status_code, mine[0].partition(";")[0] if mine else "", came.headers.get("Location", ""), came.text
        )


class _Counting:
    """Which step the database is working for: what the back office does is counted with the step that caused it."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.steps: list[str] = []
        self.texts: list[tuple[str, str]] = []

    def statement(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        if self.steps and not statement.startswith("BEGIN"):
            kind = "read" if statement.startswith("SELECT") else "write"
            self.counts[self.steps[-1], kind] += 1
            self.texts.append((self.steps[-1], " ".join(statement.split())[:110]))

    def commit(self, _connection: object) -> None:
        if self.steps:
            self.counts[self.steps[-1], "commit"] += 1

    @contextmanager
    def listening(self) -> Iterator[None]:
        pairs = [("before_cursor_execute", self.statement), ("commit", self.commit)]
        past_all_events = Prepared.ask

        def ask(statement: Prepared, cursor: Any, dialect: Dialect, values: Mapping[str, Any]) -> list[Row]:  # noqa: ANN401
            self.statement(None, None, statement._in(dialect).text)
            return past_all_events(statement, cursor, dialect, values)

        Prepared.ask = ask  # type: ignore[method-assign]
        for name, listener in pairs:
            event.listen(Engine, name, listener)
        try:
            yield
        finally:
            Prepared.ask = past_all_events  # type: ignore[method-assign]
            for name, listener in pairs:
                event.remove(Engine, name, listener)


def count_statements(here: Town, database: str, proofs: int) -> Mapping[str, tuple[int, int, int]]:
    """Reads, writes and commits of one journey by step."""
    server = here.keyback(f"counted-{database}{proofs}", proofs=proofs, processes=1, postgres=database == "postgresql")
    server._set_rules()
    house = build(load(_no_environment(), server.folder))
    ldap = Ldap(here.directory.port, str(here.directory.ca_file))
    # Of the back office's threads only the one that waits for moments: what the others ask is no journey's.
    house.staff.office._held.start()
    try:
        way, counting = Inside.of(create_app(house)), _Counting()
        *first, last = here.directory.people(WARM + 1, phones=proofs > 1)
        for who in first:
            _live(Journey(who, way, here.letterbox), house, proofs, ldap)

        def watch(step: str) -> None:
            if step:
                counting.steps.append(step)
            else:
                _rest(house)

        with counting.listening():
            _live(Journey(last, way, here.letterbox, watch), house, proofs, ldap)
        if os.environ.get("SHOW_STATEMENTS"):
            for step, text in counting.texts:
                print(f"{step:12} {text}")
    finally:
        ldap.close()
        house.close()
    counts = counting.counts
    return {step: (counts[step, "read"], counts[step, "write"], counts[step, "commit"]) for step in counting.steps}


def _live(journey: Journey, house: House, proofs: int, ldap: Ldap) -> None:
    journey.live(proofs, ldap.bind)
    _rest(house)


def _rest(house: House) -> None:
    """Until the back office has done what the step caused. One job may cause the next."""
    for _ in range(3):
        while not house.staff.office.idle:
            time.sleep(0.001)
        time.sleep(0.02)


def _no_environment() -> dict[str, Any]:
    return {}
