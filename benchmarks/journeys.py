#!/usr/bin/env python3
"""Complete journeys against a running Keyback, and what each costs. See README.md beside this file."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from figures import Round, State, show, show_counts
from person import NEW, Journey, Somebody
from processes import Meter, Yardstick, pss
from servers.keyback import HOST, Keyback
from servers.slapd_contents import PEOPLE, SERVICE, SERVICE_PASSWORD
from statements import count_statements
from town import Town, seconds_to_ready, town
from wire import Http, InTurn, Ldap

WARM = 30
# Each round has databases and folders of its own.
_NUMBERS = count()


@dataclass(frozen=True)
class Plan:
    """One kind of round."""

    database: str
    processes: int
    proofs: int
    journeys: int
    at_once: int
    rate: float
    nodes: int = 1

    @property
    def name(self) -> str:
        """How it stands in the table."""
        load = f"{self.rate:g}/s" if self.rate else f"{self.at_once} at once"
        each = f"{self.nodes} nodes, processes each" if self.nodes > 1 else "processes"
        return f"{self.database}, {each}: {self.processes}, proofs: {self.proofs}, {load}"


@dataclass
class Crowd:
    """People who come one after another in so many threads, or at so many a second whatever happens."""

    town: Town
    keyback: Keyback
    plan: Plan
    others: Sequence[Keyback] = ()
    lived: list[Journey] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def live(self, people: Sequence[Somebody], at_once: int, rate: float = 0) -> float:
        """All of them; seconds from the first step to the last."""
        waiting: SimpleQueue[tuple[float, Somebody]] = SimpleQueue()
        began = time.perf_counter()
        for number, who in enumerate(people):
            waiting.put((began + number / rate if rate else 0.0, who))
        # Enough hands that nobody who arrives waits for one: a journey takes well below ten seconds.
        hands = max(1, min(len(people), round(rate * 10) if rate else at_once))
        threads = [threading.Thread(target=self._hand, args=(waiting,)) for _ in range(hands)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - began

    def _hand(self, waiting: SimpleQueue[tuple[float, Somebody]]) -> None:
        ldap = Ldap(self.town.directory.port, str(self.town.directory.ca_file))
        while True:
            try:
                at, who = waiting.get_nowait()
            except Empty:
                return ldap.close()
            time.sleep(max(0.0, at - time.perf_counter()))
            self._one(who, ldap.bind)

    def _one(self, who: Somebody, opens: Callable[[str, str], int]) -> None:
        # Everybody from an address of their own, as people are.
        address = f"10.{int(who.uid[1:]) >> 16 & 255}.{int(who.uid[1:]) >> 8 & 255}.{int(who.uid[1:]) & 255}"
        ports = [node.port for node in (self.keyback, *self.others)]
        way = InTurn(ports, HOST, address) if self.others else Http(ports[0], HOST, address)
        journey = Journey(who, way, self.town.letterbox)
        try:
            journey.live(self.plan.proofs, opens)
        except (AssertionError, OSError) as problem:
            with self._lock:
                self.failed.append(str(problem))
        else:
            with self._lock:
                self.lived.append(journey)
        finally:
            way.close()


def fresh(here: Town, plan: Plan, number: int) -> list[Keyback]:
    """The nodes of a round, not started yet, on an empty database."""
    name, postgres = f"{plan.database}{number}", plan.database == "postgresql"
    first = here.keyback(name, proofs=plan.proofs, processes=plan.processes, postgres=postgres)
    return [first, *(here.node_of(first, f"{name}-{node}", plan.processes) for node in range(1, plan.nodes))]


def measured(here: Town, plan: Plan, nodes: Sequence[Keyback]) -> Round:
    """One round on these nodes."""
    people = here.directory.people(WARM + plan.journeys, phones=plan.proofs > 1)
    with serving(nodes) as ready:
        groups = _groups(here, nodes)
        Crowd(here, nodes[0], plan, nodes[1:]).live(people[:WARM], plan.at_once)
        time.sleep(1)
        came, meter, own = here.letterbox.count, Meter(groups), time.process_time()
        crowd = Crowd(here, nodes[0], plan, nodes[1:])
        with Yardstick() as yardstick:
            seconds = crowd.live(people[WARM:], plan.at_once, plan.rate)
        # What the last ones still cause is theirs too.
        time.sleep(1.5)
        used = joined(meter.read()) | {"driver": time.process_time() - own}
        messages = (here.letterbox.count - came) / max(1, len(crowd.lived))
        memory = sum(pss(pid) for name, pid in groups.items() if name.startswith("web"))
        state = State(memory, ready, messages, yardstick.disturbed)
        return Round(crowd.lived, crowd.failed, seconds, used, state)


@contextmanager
def serving(nodes: Sequence[Keyback]) -> Iterator[float]:
    """All of them; how many seconds the first took to be ready."""
    try:
        ready = seconds_to_ready(nodes[0])
        for node in nodes[1:]:
            node.start()
        yield ready
    finally:
        for node in nodes:
            node.stop()


def _groups(here: Town, nodes: Sequence[Keyback]) -> dict[str, int]:
    groups = {"slapd": here.directory.process, "sinks": here.letterbox.pid, "database": here.database_pid}
    for number, node in enumerate(nodes):
        assert node._process is not None
        groups[f"web{number}"] = node._process.pid
    return groups


def joined(used: Mapping[str, float]) -> dict[str, float]:
    """The nodes as one."""
    web = sum(seconds for name, seconds in used.items() if name.startswith("web"))
    return {name: seconds for name, seconds in used.items() if not name.startswith("web")} | {"web": web}


def idle(here: Town, plan: Plan, nodes: Sequence[Keyback], seconds: float) -> None:
    """What nodes cost that nobody visits: they look for work, and keep the house, once a second."""
    with serving(nodes):
        time.sleep(5)
        meter = Meter(_groups(here, nodes))
        with Yardstick() as yardstick:
            time.sleep(seconds)
        used = joined(meter.read())
    web, database = (used[name] / seconds * 1000 for name in ("web", "database"))
    print(f"idle, {plan.name}: CPU ms a second: web {web:.1f}, database {database:.1f}", end="")
    print(f"; the machine was disturbed {yardstick.disturbed:.1f} times")


def bare(here: Town, count: int = 1000) -> tuple[float, float]:
    """CPU ms of the directory work alone, a search, a replace and a bind: the directory's and the client's."""
    people = here.directory.people(count, phones=False)
    port, ca_file = here.directory.port, str(here.directory.ca_file)
    service, somebody = Ldap(port, ca_file), Ldap(port, ca_file)
    assert service.bind(SERVICE, SERVICE_PASSWORD) == 0
    meter, own = Meter({"slapd": here.directory.process}), time.process_time()
    for who in people:
        codes = [service.search(PEOPLE, "uid", who.uid, "entryUUID"), service.replace(who.dn, "userPassword", NEW)]
        assert [*codes, somebody.bind(who.dn, NEW)] == [0, 0, 0]
    mine, theirs = time.process_time() - own, meter.read()["slapd"]
    service.close()
    somebody.close()
    return theirs / count * 1000, mine / count * 1000


def main() -> None:
    """Rounds in turn, so that a neighbour on the machine disturbs all of them alike."""
    asked = _asked()
    # By way of an exception, so that no server is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    plans = _plans(asked)
    with tempfile.TemporaryDirectory(prefix="keyback-bench-") as folder, town(Path(folder)) as here:
        if asked.statements:
            for plan in plans:
                show_counts(plan.name, count_statements(here, plan.database, plan.proofs))
            return
        if asked.idle:
            for number, plan in enumerate(plans):
                idle(here, plan, fresh(here, plan, number), asked.idle)
            return
        best = _measure(here, plans, asked.rounds)
        if asked.of_peak:
            print(f"\nOpen loop, parts of {best:.1f} journeys/s")
            _measure(here, [replace(plans[0], rate=best * part / 100) for part in asked.of_peak], asked.rounds)


def _measure(here: Town, plans: Sequence[Plan], times: int) -> float:
    """So many rounds of each, and show them; the most journeys a second."""
    rounds: dict[str, list[Round]] = {plan.name: [] for plan in plans}
    bares = []
    for _ in range(times):
        bares.append(bare(here))
        for plan in plans:
            rounds[plan.name].append(measured(here, plan, fresh(here, plan, next(_NUMBERS))))
    show(rounds, bares)
    return max(one.per_second for those in rounds.values() for one in those)


def _plans(asked: argparse.Namespace) -> list[Plan]:
    loads = [(1, rate) for rate in asked.rate] or [(at_once, 0.0) for at_once in asked.at_once]
    return [
        Plan(database, processes, proofs, asked.journeys, at_once, rate, nodes)
        for database in asked.database
        for processes in asked.processes
        for nodes in asked.nodes
        for proofs in asked.proofs
        for at_once, rate in loads
    ]


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", nargs="+", default=["postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--processes", nargs="+", type=int, default=[2])
    parser.add_argument("--proofs", nargs="+", type=int, default=[1], choices=[1, 2])
    parser.add_argument("--journeys", type=int, default=300, help="in each round, after a few to warm up")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--nodes", nargs="+", type=int, default=[1], help="each a server of its own, on one database")
    parser.add_argument(
        "--at-once", nargs="+", type=int, default=[8], help="closed loop: so many people, each followed by the next"
    )
    parser.add_argument(
        "--rate", nargs="+", type=float, default=[], help="open loop instead: so many new people a second"
    )
    parser.add_argument(
        "--of-peak", nargs="+", type=float, default=[], help="afterwards an open loop at so many percent of the best"
    )
    parser.add_argument("--idle", type=float, default=0, help="no journeys: what a node costs in so many seconds")
    parser.add_argument("--statements", action="store_true", help="count SQL statements and commits by step, no times")
    return parser.parse_args()


if __name__ == "__main__":
    main()
