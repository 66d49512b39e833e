#!/usr/bin/env python3
"""Three times as many people as can be served: how many of them get in, and what the others hear. See README.md."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from figures import at
from journeys import WARM, Crowd, Plan
from person import Journey, Somebody
from processes import Yardstick
from servers.keyback import HOST, Keyback
from town import Town, seconds_to_ready, town
from wire import Answer, Http
from witness import Witness

# What a server promises of a refusal.
MOST_MILLISECONDS = 50
# Seconds until those who came first can be done; what comes later is what a server does under this load.
BEGINNING = 5


@dataclass
class Watched:
    """Somebody's connection, and every answer that came by it."""

    way: Http
    answers: list[tuple[float, Answer]] = field(default_factory=list)

    def send(self, method: str, path: str, cookie: str, form: Mapping[str, str] | None = None) -> Answer:
        """One request."""
        began = time.perf_counter()
        answer = self.way.send(method, path, cookie, form)
        self.answers.append((time.perf_counter() - began, answer))
        return answer


@dataclass
class Try:
    """What became of one person: `ended` in seconds after the first one came."""

    began: float
    ended: float
    failed: str
    answers: list[tuple[float, Answer]]

    @property
    def refused(self) -> bool:
        """Whether they were told to come again."""
        return self.answers[-1][1].status == 503 if self.answers else False


@dataclass
class Flood:
    """People who come at a rate, whatever happens; whoever is told to come again does not."""

    town: Town
    keyback: Keyback
    tries: list[Try] = field(default_factory=list)

    def live(self, people: Sequence[Somebody], rate: float) -> None:
        """All of them."""
        origin = time.perf_counter() + 1
        threads = []
        for number, who in enumerate(people):
            at = origin + number / rate
            time.sleep(max(0.0, at - time.perf_counter()))
            threads.append(threading.Thread(target=self._one, args=(who, origin)))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def _one(self, who: Somebody, origin: float) -> None:
        began, failed, watched = time.perf_counter(), "", None
        number = int(who.uid[1:])
        try:
            watched = Watched(Http(self.keyback.port, HOST, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"))
            # Whether the directory lets them in is for journeys.py to ask: its client would cost more than ours.
            Journey(who, watched, self.town.letterbox).live(1, lambda _dn, _password: 0)
        except (AssertionError, OSError) as problem:
            failed = str(problem) or type(problem).__name__
        finally:
            answers = watched.answers if watched else []
            self.tries.append(Try(began - origin, time.perf_counter() - origin, failed, answers))
            if watched:
                watched.way.close()


def peak(here: Town, server: Keyback, crowds: Sequence[int], journeys: int) -> float:
    """The most journeys a second that so many people at once make, each followed by the next."""
    best = 0.0
    for at_once in crowds:
        crowd = Crowd(here, server, Plan("", 0, 1, journeys, at_once, 0))
        seconds = crowd.live(here.directory.people(journeys, phones=False), at_once)
        print(f"{at_once} people at once: {len(crowd.lived) / seconds:.1f} journeys/s, {len(crowd.failed)} failed")
        best = max(best, len(crowd.lived) / seconds)
    return best


def show(flood: Flood, seconds: float, before: float, after: float) -> None:
    """What a flood found. The peak is looked for on both sides of it: the minutes differ by more than that."""
    tries = flood.tries
    lived = [one for one in tries if not one.failed]
    refused = [one for one in tries if one.refused]
    sides = {"before": before, "after": after, "of both": (before + after) / 2}.items()
    finished = sum(BEGINNING <= one.ended <= seconds for one in lived) / (seconds - BEGINNING)
    shares = ", ".join(f"{finished / best:.0%} of the peak {when}" for when, best in sides)
    print(f"finished: {finished:.1f} journeys/s, {shares}")
    print(f"came {len(tries)}, got in and finished {len(lived)}, were told to come again {len(refused)}", end="")
    print(f", lost otherwise {len(tries) - len(lived) - len(refused)}")
    late = [one for one in refused if len(one.answers) > 1]
    print(f"refused at the first request {len(refused) - len(late)}, at a later one {len(late)}")
    _show_waits("journeys, ms", [one.ended - one.began for one in lived])
    _show_waits("refusals, ms", [one.answers[-1][0] for one in refused])
    slow = sum(one.answers[-1][0] > MOST_MILLISECONDS / 1000 for one in refused)
    print(f"refusals slower than {MOST_MILLISECONDS} ms: {slow}; without Retry-After:", end=" ")
    print(sum(not one.answers[-1][1].wait for one in refused))
    print("statuses:", dict(sorted(Counter(answer.status for one in tries for _, answer in one.answers).items())))
    for why, count in Counter(one.failed for one in tries if one.failed and not one.refused).most_common(5):
        print(f"  LOST {count}: {why}")


def show_seen(witness: Witness) -> None:
    """What a client heard that does nothing else, in a process of its own."""
    refused = [one for one in witness.seen if one[0] == 503]
    _show_waits("refusals to a witness, ms", [milliseconds / 1000 for _, milliseconds, _ in refused])
    print("without Retry-After:", sum(not wait for _, _, wait in refused))
    _show_slow([milliseconds for _, milliseconds, _ in refused])
    _show_waits("refusals of a bare server, ms", [milliseconds / 1000 for milliseconds in witness.bare])
    _show_slow(witness.bare)


def _show_slow(refusals: Sequence[float]) -> None:
    slow = sum(milliseconds > MOST_MILLISECONDS for milliseconds in refusals)
    print(f"of {len(refusals)} slower than {MOST_MILLISECONDS} ms: {slow}, the slowest {max(refusals, default=0):.0f}")


def _show_waits(what: str, seconds: Sequence[float]) -> None:
    if seconds:
        print(what, *(f"p{part * 100:.0f} {at(seconds, part) * 1000:.1f}" for part in (0.5, 0.9, 0.99)), sep="  ")


def main() -> None:
    """Find the peak, then send a multiple of it."""
    asked = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    with tempfile.TemporaryDirectory(prefix="keyback-bench-") as folder, town(Path(folder)) as here:
        postgres = asked.database == "postgresql"
        server = here.keyback("overload", proofs=1, processes=asked.processes, postgres=postgres)
        seconds_to_ready(server)
        try:
            Crowd(here, server, Plan("", 0, 1, WARM, 8, 0)).live(here.directory.people(WARM, phones=False), 8)
            for times in asked.times:
                # Each time anew: what else the machine does changes by the minute.
                best = asked.peak or peak(here, server, asked.at_once, asked.journeys)
                rate = best * times
                people = here.directory.people(round(rate * asked.seconds), phones=False)
                flood = Flood(here, server)
                print(f"\n== {times:g} times the peak: {rate:.1f} people a second for {asked.seconds} s")
                with Yardstick() as yardstick, Witness(server.port, HOST) as witness:
                    flood.live(people, rate)
                after = best if asked.peak else peak(here, server, asked.at_once, asked.journeys)
                show(flood, asked.seconds, best, after)
                show_seen(witness)
                print(f"the machine was disturbed {yardstick.disturbed:.1f} times")
        finally:
            server.stop()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="postgresql", choices=["sqlite", "postgresql"])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--at-once", nargs="+", type=int, default=[8, 16, 24], help="how the peak is looked for")
    parser.add_argument("--journeys", type=int, default=150, help="in each look for the peak")
    parser.add_argument("--peak", type=float, default=0, help="take this for the peak instead")
    parser.add_argument("--times", nargs="+", type=float, default=[3], help="how many times the peak comes")
    parser.add_argument("--seconds", type=int, default=40)
    return parser.parse_args()


if __name__ == "__main__":
    main()
