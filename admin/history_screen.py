"""Every save of one kind of rules: a page of them all, and one that says what each changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from flask import request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from ..core.contracts.text import Text
from ..core.service.administrators.console import Console
from ..core.service.ruling.kept_rules import PAGE, Kept, Ledger
from .access import Screen
from .policy_wish import number
from .rule_changes import Line

Rules = TypeVar("Rules")


class ReadingDesk(Protocol[Rules]):
    """Who reads what holds, and what ever held."""

    @property
    def ledger(self) -> Ledger[Rules]:
        """The saves so far."""

    def now(self) -> Kept[Rules]:
        """What holds."""


class Bench(ABC, Generic[Rules]):
    """For one request: what holds is read once."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @property
    @abstractmethod
    def desk(self) -> ReadingDesk[Rules]:
        """Who reads."""

    @property
    @abstractmethod
    def first(self) -> Rules:
        """What the first save is compared with."""

    @abstractmethod
    def lines(self, before: Rules, after: Rules) -> Sequence[Line]:
        """What is between two versions, in words."""

    @cached_property
    def now(self) -> Kept[Rules]:
        """What holds."""
        return self.desk.now()


class HistoryScreen(Screen, Generic[Rules]):
    """A screen whose rules can be looked up as they were."""

    def bench(self) -> Bench[Rules]:
        """A fresh one: what it has read is not read again."""
        raise NotImplementedError

    def lost(self, _status: int) -> Response:
        """Where somebody goes who asked for what no page of ours offers, or for what never was."""
        return self.go()

    @expose("/history")
    def history(self) -> Response:
        """Every save, the newest first."""
        bench = self.bench()
        page = bench.desk.ledger.past(number(request.args, "before") or None)
        older = url_for(".history", before=page[PAGE - 1].version) if len(page) > PAGE else ""
        title = Text("History")
        return self.show("console/rules_history.html", saves=page[:PAGE], older=older, now=bench.now, title=title)

    @expose("/version")
    def version(self) -> Response:
        """One save, beside the one before it and beside what holds now."""
        return self.one_save("console/rules_version.html", number(request.args, "number"))

    def one_save(self, template: str, asked: int, status: int = 200, **values: object) -> Response:
        """What this save changed, and what going back to it would."""
        bench = self.bench()
        kept = bench.desk.ledger.version(asked)
        if kept is None:
            return self.lost(404)
        before = next(iter(bench.desk.ledger.past(kept.version)), Kept(bench.first))
        return self.show(
            template,
            status,
            title=Text("Version {n}", n=kept.version),
            asked=kept,
            now=bench.now,
            made=bench.lines(before.rules, kept.rules),
            back=bench.lines(bench.now.rules, kept.rules),
            **values,
        )
