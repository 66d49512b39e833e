"""Nobody can tell by the clock who exists (P4): every page without a proof takes as long for everybody.

A process of its own walks through these pages with names that nobody has, that somebody has, and that somebody has who
may not use them; kinds take turns at random, nothing is dropped. A second group of unknown names is measured beside
the first: what the clock seems to say about that one is noise.

The statistic is the area under the ROC curve: how often an answer for this kind is slower than one for an unknown name.
It must lie within 0.5 ± 0.03, which with two thousand pairs is 3.3 standard errors of nothing at all; fewer pairs are
allowed the same 3.3 errors. The everyday run asks for five: it sees only what is plain, such as a page that asks a
directory. What the full run saw before it was mended stands in docs/sameness.md.

Where the machine has two processors, the pages and the stopwatch have one, directory and back office the other, as if
the directory were another machine. Run with `-s` to see the table. In the environment ROUNDS=400 changes the count,
SERVERS=4 shares it among so many servers side by side, and KEEP=folder takes a long measurement in pieces: what is
found is kept there, and each table shows all that was.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from math import sqrt
from pathlib import Path
from statistics import median

import pytest
from examples.auc import auc, interval
from servers.fault_proxy import FaultProxy, Mode
from servers.keyback import Keyback
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.timed_walks import Errand, Findings

from keyback.core.recovery.policy import PublicRules

NOBODY, NOISE = "unknown", "unknown too"
AREA, ERRORS = 0.03, 3.3
# What an everyday run must see, and only that: a false alarm in a million.
PLAIN = 5.0
# Fewer say nothing about an interval.
FEWEST = 10
# Each name comes twice: more messages to one mailbox within a quarter of an hour are refused, to everybody alike.
USES = 2
# As it is by default: no answer is judged sooner after the start.
PAUSE = 3.0
DELAYS = {"0 ms": 0.0, "150 ms": 0.15, "300 ms": 0.3, "600 ms": 0.6}
FRESH = itertools.count()
FULL, SERVERS = int(os.environ.get("ROUNDS", "2000")), int(os.environ.get("SERVERS", "1"))
KEEP = os.environ.get("KEEP", "")
CHANGE = "changing_walks"


@dataclass(frozen=True)
class Cell:
    """One kind at one step."""

    step: str
    kind: str
    left: Sequence[float]
    right: Sequence[float]

    @property
    def area(self) -> float:
        return auc(self.left, self.right)

    def tells(self, errors: float = ERRORS) -> bool:
        """Whether this is more than the promise allows, and more than chance explains."""
        n = min(len(self.left), len(self.right))
        return abs(self.area - 0.5) > max(AREA, errors / sqrt(6 * n))

    def __str__(self) -> str:
        if min(len(self.left), len(self.right)) < FEWEST:
            return "too few"
        low, high = interval(self.left, self.right)
        return f"{self.area:.3f} ({low:.2f} to {high:.2f}){' **tells**' if self.tells() else ''}"


def test_no_page_takes_longer_for_somebody(serve: Serve, slapd: Slapd, proxy: FaultProxy) -> None:
    """The everyday run, with a directory that takes a while: a page that asks it is slow, for somebody or for all."""
    but_not = ("disabled", "privileged", "method-less", NOISE)
    found = _measure([_server(serve)], slapd, proxy, "150 ms", rounds=30, but_not=but_not)
    assert _waiting(found, "150 ms") == {}
    _judge_shapes(found)
    assert _telling(found, PLAIN) == {}


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("condition", [*DELAYS, "stopped"])
def test_no_clock_tells_who_exists(serve: Serve, slapd: Slapd, proxy: FaultProxy, condition: str) -> None:
    """Of hundreds of cells one may tell by chance; what tells twice is a leak."""
    servers = _servers(serve)
    found = _measure(servers, slapd, proxy, condition, rounds=FULL)
    _write_down(condition, found)
    _judge_shapes(found)
    if once := _telling(found):
        found = _measure(servers, slapd, proxy, condition, rounds=FULL)
        _write_down(condition, found)
        assert not once.keys() & _telling(found).keys(), once


def test_no_page_of_a_change_takes_longer_for_somebody(serve: Serve, slapd: Slapd, proxy: FaultProxy) -> None:
    """The everyday run of what asks for a known password: typed by a stranger, it is a wrong one for every name."""
    found = _measure([_server(serve)], slapd, proxy, "150 ms", rounds=10, way=CHANGE, but_not=("method-less", NOISE))
    assert _waiting(found, "150 ms") == {}
    _judge_shapes(found)
    assert _telling(found, PLAIN) == {}


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("condition", [*DELAYS, "stopped"])
def test_no_clock_of_a_change_tells_who_exists(serve: Serve, slapd: Slapd, proxy: FaultProxy, condition: str) -> None:
    found = _measure(_servers(serve), slapd, proxy, condition, rounds=FULL, way=CHANGE, but_not=("method-less",))
    _judge(found, f"{condition}, a change")


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_form_that_meets_the_save_tells_nobody_who_exists(serve: Serve, slapd: Slapd) -> None:
    """What was found is saved at a known moment; somebody who aims at it must see the same for every name."""
    _judge(_full("aimed_walks", serve, slapd), "0 ms, forms aimed at the save")


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_page_soon_after_the_start_tells_nobody_who_exists(serve: Serve, slapd: Slapd) -> None:
    """While somebody is looked up the back office has most to do."""
    _judge(_full("lingering_walks", serve, slapd), "0 ms, the page at every moment")


def test_a_page_that_asks_the_directory_would_be_seen() -> None:
    """Two milliseconds for one kind, in the noise of a busy machine."""
    chance = random.Random(8)
    quiet = [chance.lognormvariate(1.6, 0.3) for _ in range(2000)]
    asking = [chance.lognormvariate(1.6, 0.3) + 2 for _ in range(2000)]
    again = [chance.lognormvariate(1.6, 0.3) for _ in range(2000)]
    assert Cell("page", "known", quiet, asking).tells()
    assert Cell("page", "known", quiet[:30], [one + 150 for one in asking[:30]]).tells(PLAIN)
    assert not Cell("page", "known", quiet, again).tells()


def _full(way: str, serve: Serve, slapd: Slapd) -> Findings:
    return _side_by_side(way, _servers(serve), slapd, _errand(slapd, -(-FULL // SERVERS)))


def _judge(found: Findings, condition: str) -> None:
    _write_down(condition, found)
    _judge_shapes(found)
    assert _telling(found) == {}


def _judge_shapes(found: Findings) -> None:
    for step, by_kind in found.shapes.items():
        for kind, shapes in by_kind.items():
            assert set(shapes) == set(by_kind[NOBODY]), f"{step}: {kind}"


def _waiting(found: Findings, condition: str) -> dict[str, float]:
    """The steps that half of the time take as long as one answer of the directory."""
    middles = {step: median(by_kind[NOBODY] + by_kind["known"]) for step, by_kind in found.milliseconds.items()}
    return {step: middle for step, middle in middles.items() if middle >= 1000 * DELAYS[condition]}


def _telling(found: Findings, errors: float = ERRORS) -> dict[tuple[str, str], str]:
    cells = _cells(found)
    return {(cell.step, cell.kind): str(cell) for cell in cells if cell.tells(errors) and cell.kind != NOISE}


def _server(serve: Serve) -> Keyback:
    rules = PublicRules(look_up=timedelta(seconds=PAUSE), resend_waits=(timedelta(0),))
    return serve(processes=1, also={"human_check.proof_of_work": {"tries": 1}}, rules=rules)


def _servers(serve: Serve) -> list[Keyback]:
    return [_server(serve) for _ in range(SERVERS)]


def _measure(
    servers: Sequence[Keyback], slapd: Slapd, proxy: FaultProxy, condition: str, *, rounds: int,
    way: str = "timed_walks", but_not: Sequence[str] = (),
) -> Findings:  # fmt: skip
    stopped = condition == "stopped"
    errand = replace(
        _errand(slapd, -(-rounds // len(servers)), but_not),
        whole=condition == "0 ms" or bool(but_not),
        patience=2 * PAUSE if stopped else 60 * PAUSE,
    )
    if not stopped:
        proxy.fault(Mode.DELAY, delay=DELAYS[condition])
    with slapd.frozen() if stopped else contextlib.nullcontext():
        return _side_by_side(way, servers, slapd, errand)


def _errand(slapd: Slapd, rounds: int, but_not: Sequence[str] = ()) -> Errand:
    """For any server: one knows nothing of the names that another was asked for."""
    return Errand(0, "", _people(slapd, max(1, rounds // USES), but_not), rounds, PAUSE)


def _side_by_side(way: str, servers: Sequence[Keyback], slapd: Slapd, errand: Errand) -> Findings:
    """The same errand at each of them, all at once."""
    found = Findings()
    with _apart(servers, slapd) as cores, ThreadPoolExecutor(len(servers)) as together:
        errands = [
            replace(errand, port=keyback.port, jobs=str(keyback.folder / "data" / "keyback.db"), core=core)
            for keyback, core in zip(servers, cores, strict=True)
        ]
        for each in together.map(partial(_walk, way), errands):
            found.add(each)
    return found


def _walk(way: str, errand: Errand) -> Findings:
    command = [sys.executable, "-m", f"servers.{way}"]
    said = json.dumps(asdict(errand))
    here = Path(__file__).parent.parent
    done = subprocess.run(command, cwd=here, input=said, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return Findings(**json.loads(done.stdout))


def _people(slapd: Slapd, count: int, but_not: Sequence[str]) -> dict[str, list[str]]:
    away = {"pwdAccountLockedTime": "000001010000Z"}
    made = {
        "known": slapd.person,
        "disabled": lambda: slapd.person(**away),
        "privileged": slapd.administrator,
        "method-less": lambda: slapd.person(mail=None, mobile=None),
    }
    kinds = {kind: [make().uid for _ in range(count)] for kind, make in made.items() if kind not in but_not}
    # As long as the others' names, so that no answer is longer.
    strangers = {kind: [f"q{next(FRESH):04d}" for _ in range(count)] for kind in (NOBODY, NOISE)}
    return {kind: names for kind, names in {**strangers, **kinds}.items() if kind not in but_not}


@contextlib.contextmanager
def _apart(servers: Sequence[Keyback], slapd: Slapd) -> Iterator[list[int | None]]:
    """One processor for the pages, another for what is a machine of its own elsewhere, and for the back office; every
    second server has them the other way round.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        yield [None for _ in servers]
        return
    ours = (os.getpid(), slapd.process)
    for process in ours:
        _keep_on({cores[1]}, process)
    for n, keyback in enumerate(servers):
        for process in keyback.workers():
            _keep_on({cores[(n + (process == keyback.office())) % 2]}, process)
    try:
        yield [cores[n % 2] for n, _ in enumerate(servers)]
    finally:
        for process in ours:
            _keep_on(set(cores), process)


def _keep_on(cores: set[int], process: int) -> None:
    for thread in Path(f"/proc/{process}/task").iterdir():
        # Threads come and go.
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), cores)


def _cells(found: Findings) -> Iterator[Cell]:
    for step, by_kind in found.milliseconds.items():
        for kind, right in by_kind.items():
            if kind != NOBODY:
                yield Cell(step, kind, by_kind[NOBODY], right)


def _write_down(condition: str, found: Findings) -> None:
    """A table for docs/sameness.md: a line for each step, the area and its interval for each kind."""
    found = _kept(condition, found)
    kinds = sorted({cell.kind for cell in _cells(found)}, key=lambda kind: (kind == NOISE, kind))
    machine = f"{os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}"
    load = " ".join(f"{load:.1f}" for load in os.getloadavg())
    lines = [
        f"\n### Directory: {condition}\n\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine}, load {load}\n",
        f"| Step | Pairs | {' | '.join(kinds)} |",
        f"|---|---|{'---|' * len(kinds)}",
    ]
    for step in found.milliseconds:
        cells = {cell.kind: cell for cell in _cells(found) if cell.step == step}
        pairs = min(len(cell.right) for cell in cells.values())
        lines.append(f"| {step} | {pairs} | {' | '.join(str(cells[kind]) for kind in kinds)} |")
    say("\n".join(lines))


def _kept(condition: str, found: Findings) -> Findings:
    """With what earlier pieces found, if they are to be kept."""
    if not KEEP:
        return found
    (Path(KEEP) / f"{condition}.{time.time_ns()}.json").write_text(json.dumps(asdict(found)), encoding="utf-8")
    pieces, every = sorted(Path(KEEP).glob(f"{condition}.*.json")), Findings()
    for piece in pieces:
        every.add(Findings(**json.loads(piece.read_text(encoding="utf-8"))))
    return every
