"""What was measured, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from person import Journey

# Works for the journey; sinks and driver stand for the rest of the world.
COUNTED = ("web", "database", "slapd")


@dataclass(frozen=True)
class State:
    """What else was seen in a round."""

    pss: float
    ready: float
    messages: float
    disturbed: float


@dataclass(frozen=True)
class Round:
    """One round's journeys and what they used."""

    lived: Sequence[Journey]
    failed: Sequence[str]
    seconds: float
    cpu: Mapping[str, float]
    state: State

    @property
    def per_second(self) -> float:
        """Journeys that arrived."""
        return len(self.lived) / self.seconds

    def milliseconds(self, *groups: str) -> float:
        """CPU of one journey."""
        return sum(self.cpu.get(group, 0.0) for group in groups) / max(1, len(self.lived)) * 1000


def show(rounds: Mapping[str, Sequence[Round]], bares: Sequence[tuple[float, float]]) -> None:
    """The whole run."""
    work = [theirs + mine for theirs, mine in bares]
    print(f"bare directory work (search + replace + bind): CPU ms least {min(work):.2f}, median {median(work):.2f}")
    for name, those in rounds.items():
        print(f"\n== {name}")
        _show_cost(those, work)
        _show_steps(those)


def _show_cost(rounds: Sequence[Round], work: Sequence[float]) -> None:
    whole = [one.milliseconds(*COUNTED) for one in rounds]
    least = min(rounds, key=lambda one: one.milliseconds(*COUNTED))
    parts = ", ".join(f"{group} {least.milliseconds(group):.1f}" for group in (*COUNTED, "sinks", "driver"))
    print(f"CPU ms a journey: least {min(whole):.1f}, median {median(whole):.1f}  ({parts})")
    print(f"times the bare directory work: {min(whole) / min(work):.0f}", end="")
    print(f"; the machine was disturbed {', '.join(f'{one.state.disturbed:.1f}' for one in rounds)} times")
    print(
        f"journeys/s: best {max(r.per_second for r in rounds):.1f}, median {median(r.per_second for r in rounds):.1f}"
    )
    print(f"journeys {sum(len(r.lived) for r in rounds)}, failed {sum(len(r.failed) for r in rounds)}", end="")
    print(f", messages each {rounds[0].state.messages:.1f}", end="")
    print(
        f", PSS {max(r.state.pss for r in rounds):.0f} MiB, start to ready {min(r.state.ready for r in rounds):.2f} s"
    )
    for why in {why for r in rounds for why in r.failed[:3]}:
        print(f"  FAILED: {why}")


def _show_steps(rounds: Sequence[Round]) -> None:
    """Of the least disturbed round."""
    lived = min(rounds, key=lambda one: one.milliseconds(*COUNTED)).lived
    if not lived:
        return
    print(f"{'step, ms':14}{'p50':>8}{'p95':>8}{'p99':>8}")
    rows = {step: [one.seconds[step] for one in lived] for step in lived[0].seconds}
    rows["all requests"] = [sum(one.seconds.values()) for one in lived]
    rows["slowest one"] = [one.slowest for one in lived]
    for step, seconds in rows.items():
        places = "".join(f"{at(seconds, part) * 1000:8.1f}" for part in (0.50, 0.95, 0.99))
        print(f"{step:14}{places}")


def at(values: Sequence[float], part: float) -> float:
    """The value below which this part of them lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def show_counts(name: str, counts: Mapping[str, tuple[int, int, int]]) -> None:
    """Statements and commits by step: the person's requests, and what the back office does because of them."""
    print(f"\n== {name}\n{'step':14}{'reads':>8}{'writes':>8}{'commits':>9}")
    for step, (reads, writes, commits) in counts.items():
        print(f"{step:14}{reads:8}{writes:8}{commits:9}")
    reads, writes, commits = (sum(each) for each in zip(*counts.values(), strict=True))
    print(f"{'all':14}{reads:8}{writes:8}{commits:9}   statements: {reads + writes}")
