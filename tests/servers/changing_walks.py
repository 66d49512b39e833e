"""Walks through the change of a known password with a wrong one, with a stopwatch: nobody here proves anything.

`python -m servers.changing_walks` reads an `Errand` and writes the `Findings`, as `servers.timed_walks` does.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict

from .keyback import HOST
from .stopwatch import Stopwatch
from .timed_walks import TOGETHER, Errand, Findings, Walk, shuffled, wait_for_office

OLD, NEW = "not the password of anybody", "violet anchors drift homeward"


class ChangeWalk(Walk):
    """One name at one browser."""

    def types(self, findings: Findings) -> None:
        """From the name to a new password that is judged while it is typed."""
        self._name_it(findings, "/change")
        self._look(findings, "the form")
        fields = {"token": self._token, "new_password": NEW}
        findings.note("POST while typing", self._kind, self._ask("POST", f"{self._path}/password", fields))
        self.began = time.perf_counter()

    def presses(self, findings: Findings) -> None:
        """The button, and the page that waits: at once, and while the directory is asked."""
        typed = {"current_password": OLD, "new_password": NEW, "new_password_again": NEW}
        answer = self._ask("POST", self._path, {"token": self._token, "move": "continue", **typed})
        self.began = time.perf_counter()
        findings.note("POST passwords", self._kind, answer)
        self._look(findings, "trying, at once")
        self._look_at(findings, self._moment, "trying")
        findings.note("/stage", self._kind, self._ask("GET", f"{self._path}/stage"))

    def hears(self, findings: Findings) -> None:
        """What became of it, which is the same for everybody; then enough of it."""
        self._look(findings, "the answer")
        self._move(findings, "cancel", "cancel")


def run(errand: Errand) -> Findings:
    """All rounds. Kinds take turns at random within each, so that nothing that drifts favours one."""
    if errand.core is not None:
        os.sched_setaffinity(0, {errand.core})
    findings, stopwatch = Findings(), Stopwatch(errand.port, HOST)
    _some(errand, stopwatch, Findings(), range(errand.warm_up))
    for first in range(0, errand.rounds, TOGETHER):
        _some(errand, stopwatch, findings, range(first, min(first + TOGETHER, errand.rounds)))
    stopwatch.close()
    return findings


def _some(errand: Errand, stopwatch: Stopwatch, findings: Findings, rounds: range) -> None:
    walks = [walk for n in rounds for walk in shuffled(errand, stopwatch, n, ChangeWalk)]
    for walk in walks:
        walk.types(findings)
    for walk in walks:
        walk.presses(findings)
    wait_for_office(errand.jobs, errand.patience)
    time.sleep(max(0.0, max(walk.next_moment() for walk in walks) - time.perf_counter()))
    for walk in walks:
        walk.hears(findings)


if __name__ == "__main__":
    json.dump(asdict(run(Errand(**json.load(sys.stdin)))), sys.stdout)
