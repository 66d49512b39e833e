"""Walks through every page that needs no proof, with a stopwatch. A process of its own, so that nothing but the server
is measured: `python -m servers.timed_walks` reads an `Errand` and writes the `Findings`, both as JSON.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import TypeVar

from keyback.core.recovery.release import SETTLED

from .human import solve
from .keyback import HOST
from .stopwatch import Stopwatch, Timed

# A browser follows at once; somebody who measures asks when the back office has most to do.
MOMENTS = (0, 5, 20, 50, 100, 200)
# So many walks of each kind are under way before the first of them goes on to answers.
TOGETHER = 10
WRONG = {"email": "12345678", "sms": "12345678", "saved_codes": "0123-4567-89AB-CDEF"}


@dataclass(frozen=True)
class Errand:
    """Whom to ask for how often. `kinds`: names by kind. `core`: the only processor to use, if any."""

    port: int
    jobs: str
    kinds: dict[str, list[str]]
    rounds: int
    pause: float
    core: int | None = None
    warm_up: int = 3
    # Also what comes after the first wrong answer: by then nobody asks a directory any more.
    whole: bool = True
    # So many seconds a directory is waited for.
    patience: float = 60.0


@dataclass
class Findings:
    """By step and kind: milliseconds in order, and every shape that an answer had."""

    milliseconds: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    shapes: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def note(self, step: str, kind: str, answer: Timed) -> None:
        """Keep all of them, the odd ones too."""
        self.milliseconds.setdefault(step, {}).setdefault(kind, []).append(answer.seconds * 1000)
        cookies = answer.headers.get("Set-Cookie", "").partition("=")[0]
        shape = f"{answer.status} {len(answer.body)} {cookies}"
        seen = self.shapes.setdefault(step, {}).setdefault(kind, [])
        if shape not in seen:
            seen.append(shape)

    def add(self, others: Findings) -> None:
        """What somebody else found."""
        for step, by_kind in others.milliseconds.items():
            for kind, milliseconds in by_kind.items():
                self.milliseconds.setdefault(step, {}).setdefault(kind, []).extend(milliseconds)
                seen = self.shapes.setdefault(step, {}).setdefault(kind, [])
                seen += [shape for shape in others.shapes[step][kind] if shape not in seen]


class Walk:
    """One name at one browser, from an address of its own."""

    def __init__(self, stopwatch: Stopwatch, kind: str, name: str, moment: int, pause: float) -> None:
        self._stopwatch, self._kind, self._name, self._moment, self._pause = stopwatch, kind, name, moment, pause
        self._address = ".".join(["10", *(str(random.randrange(1, 255)) for _ in range(3))])
        self._cookie = self._path = self._token = ""
        self.began = 0.0

    def before(self, findings: Findings) -> None:
        """From the name to an answer that comes too early."""
        self._name_it(findings)
        self._look(findings, "choosing, at once")
        self._look_at(findings, self._moment)
        findings.note("/stage", self._kind, self._ask("GET", f"{self._path}/stage"))
        self._move(findings, "pick email", offer="email")
        self._look(findings, "answering, at once")
        # A machine that stood still may have made it late; then it would be another step.
        if time.perf_counter() < self.began + self._pause / 2:
            self._move(findings, "answer too early", code=WRONG["email"])
        self._move(findings, "resend", "again")

    def linger(self, findings: Findings) -> None:
        """The name, and its first page at each of the moments."""
        self._name_it(findings)
        for moment in MOMENTS:
            self._look_at(findings, moment)

    def begin(self, findings: Findings) -> None:
        """The name, and a way that sends something: the rest of it is for another moment."""
        self._name_it(findings)
        self._look(Findings(), "choosing")
        self._move(Findings(), "pick email", offer="email")

    def again(self, findings: Findings) -> None:
        """A form that saves, at the moment of whoever calls."""
        self._move(findings, "resend, aimed at the save", "again")

    def next_moment(self) -> float:
        """When an answer is judged of somebody who is found by now; on a busy machine that may be just too late."""
        after = self._pause
        while self.began + after < time.perf_counter() + SETTLED.total_seconds():
            after *= 2
        return self.began + after

    def _name_it(self, findings: Findings, path: str = "/recover") -> None:
        task = self._ask("GET", path).marked("data-challenge=")
        sent = {"identifier": self._name, "proof_of_work": solve(task)}
        answer = self._ask("POST", path, sent)
        self.began = time.perf_counter()
        findings.note("start", self._kind, answer)
        self._cookie = answer.headers["Set-Cookie"].partition(";")[0]
        self._path = answer.headers["Location"].removeprefix(f"https://{HOST}")

    def answer(self, findings: Findings) -> None:
        """The first wrong answer, when the look-up is over."""
        self._move(findings, "wrong email", code=WRONG["email"])

    def after(self, findings: Findings) -> None:
        """Wrong answers to the other methods."""
        self._move(findings, "back", "back")
        self._move(findings, "pick sms", offer="sms", destination="+15550000000")
        self._move(findings, "wrong sms", code=WRONG["sms"])
        self._move(findings, "back", "back")
        self._move(findings, "pick saved code", offer="saved_codes")
        self._move(findings, "wrong saved code", code=WRONG["saved_codes"])
        self._move(findings, "cancel", "cancel")

    def _look_at(self, findings: Findings, moment: int, page: str = "choosing") -> None:
        # No waiting for something: how the page looks at this moment is what is measured.
        time.sleep(max(0.0, self.began + moment / 1000 - time.perf_counter()))
        self._look(findings, f"{page}, after {moment} ms")

    def _look(self, findings: Findings, step: str) -> None:
        answer = self._ask("GET", self._path)
        findings.note(step, self._kind, answer)
        self._token = answer.marked('name="token" value=')

    def _move(self, findings: Findings, step: str, move: str = "continue", **fields: str) -> None:
        answer = self._ask("POST", self._path, {"token": self._token, "move": move, **fields})
        findings.note(f"POST {step}", self._kind, answer)
        if answer.status == 303:
            self._look(findings, f"page after {step}")
        else:
            self._token = answer.marked('name="token" value=')

    def _ask(self, verb: str, path: str, fields: dict[str, str] | None = None) -> Timed:
        return self._stopwatch.ask(verb, path, address=self._address, cookie=self._cookie, fields=fields)


W = TypeVar("W", bound=Walk)


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
    walks = [walk for n in rounds for walk in shuffled(errand, stopwatch, n)]
    for walk in walks:
        walk.before(findings)
    time.sleep(max(0.0, walks[-1].began + errand.pause - time.perf_counter()))
    if wait_for_office(errand.jobs, errand.patience):
        # Whoever was found late is judged at a later moment.
        time.sleep(max(0.0, max(walk.next_moment() for walk in walks) - time.perf_counter()))
    for walk in walks:
        walk.answer(findings)
        if errand.whole:
            walk.after(findings)


def shuffled(errand: Errand, stopwatch: Stopwatch, n: int, way: type[W] = Walk) -> Iterator[W]:  # type: ignore[assignment]
    """One walk of each kind, in any order."""
    kinds = list(errand.kinds)
    random.shuffle(kinds)
    moment = MOMENTS[n % len(MOMENTS)]
    for kind in kinds:
        names = errand.kinds[kind]
        yield way(stopwatch, kind, names[n % len(names)], moment, errand.pause)


def wait_for_office(jobs: str, patience: float) -> bool:
    """Until nothing is being looked up; whether that took a while. A directory that is silent for good takes none."""
    began = time.monotonic()
    with closing(sqlite3.connect(f"file:{jobs}?mode=ro", uri=True)) as database:
        while (waits := database.execute("SELECT 1 FROM job LIMIT 1").fetchone() is not None) and (
            time.monotonic() < began + patience
        ):
            time.sleep(0.02)
    return not waits and time.monotonic() > began + 0.1


if __name__ == "__main__":
    json.dump(asdict(run(Errand(**json.load(sys.stdin)))), sys.stdout)
