#!/usr/bin/env python3
"""Resets a second and CPU a reset of a store, beside bare writes by ldap3. See README.md beside this file."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import ldap3
from processes import Yardstick, cpu
from servers.samba import in_quotes, running_samba
from servers.slapd import CHANGED, PASSWORD, SERVICE, SERVICE_PASSWORD, Slapd, Someone, running_slapd

from keyback.core import Context, Secret, Store
from keyback.core.service.surroundings import Surroundings
from keyback.plugins.stores._active_directory_settings import ActiveDirectorySettings
from keyback.plugins.stores._openldap_settings import OpenLdapSettings
from keyback.plugins.stores.active_directory import ActiveDirectory
from keyback.plugins.stores.openldap import OpenLdap

NEW = "Four words that belong 4part"
# Lets root write the server's own marks.
RELAX = ("1.3.6.1.4.1.4203.666.5.12", True, None)
# One thread's work on one person: by their place in the list of people.
Work = Callable[[int], None]


@dataclass(frozen=True)
class Bench:
    """A directory with people, and what to compare in it: each way makes one worker for each thread."""

    server: int
    ways: dict[str, Callable[[], Work]]
    # Before each round, so that the marks of the last changes are old again.
    fresh: Callable[[], None]


@dataclass(frozen=True)
class Round:
    """What so many resets cost."""

    per_second: float
    client: float
    server: float
    disturbed: float


def main() -> None:
    """A line for each way and number of threads: the least disturbed round."""
    given = _given()
    around = Surroundings("Alderwick", "https://reset.example.org")
    with BENCHES[given.directory](given.people, around) as bench:
        print(f"{'':34}{'threads':>8}{'resets/s':>10}{'client ms':>11}{'server ms':>11}{'disturbed':>11}")
        for threads in given.threads:
            for name, make in bench.ways.items():
                rounds = [_round(bench, make, given.people, threads) for _ in range(given.rounds)]
                best = min(rounds, key=lambda one: one.disturbed)
                figures = f"{best.per_second:10.0f}{best.client:11.2f}{best.server:11.2f}{best.disturbed:11.1f}"
                print(f"{name:34}{threads:8}{figures}", flush=True)


def _round(bench: Bench, make: Callable[[], Work], people: int, threads: int) -> Round:
    bench.fresh()
    works = [make() for _ in range(threads)]
    client: list[float] = []
    crowd = [
        threading.Thread(target=_all_of, args=(works[n], range(n, people, threads), client)) for n in range(threads)
    ]
    server, began = cpu(bench.server), time.monotonic()
    with Yardstick() as yardstick:
        for thread in crowd:
            thread.start()
        for thread in crowd:
            thread.join()
        seconds = time.monotonic() - began
        theirs = cpu(bench.server) - server
    mine, theirs = (each / people * 1000 for each in (sum(client), theirs))
    return Round(people / seconds, mine, theirs, yardstick.disturbed)


def _all_of(work: Work, places: Sequence[int], spent: list[float]) -> None:
    began = time.thread_time()
    for place in places:
        work(place)
    spent.append(time.thread_time() - began)


@contextmanager
def _openldap(people: int, around: Surroundings) -> Iterator[Bench]:
    with running_slapd() as slapd:
        everybody = [slapd.person() for _ in range(people)]
        store = OpenLdap(OpenLdapSettings(**slapd.settings(connections=8)))
        service = partial(slapd.connection, SERVICE, SERVICE_PASSWORD.encode())
        ways = _ways(store, everybody, around, lambda: _bare(service(), everybody, "userPassword", NEW.encode()))
        yield Bench(slapd.process, ways, lambda: _aged(slapd, [person.dn for person in everybody]))
        store.close()


@contextmanager
def _active_directory(people: int, around: Surroundings) -> Iterator[Bench]:
    with running_samba() as ad:
        everybody = [ad.person() for _ in range(people)]
        settings = ad.settings(connections=8)
        store = ActiveDirectory(ActiveDirectorySettings(**settings))
        service = partial(ad.connection, settings["bind_dn"], settings["bind_password"].encode())
        ways = _ways(store, everybody, around, lambda: _bare(service(), everybody, "unicodePwd", in_quotes(NEW)))
        # Its marks are finer than any two resets are apart, and it holds no history for them.
        yield Bench(ad.process, ways, lambda: None)
        store.close()


BENCHES = {"openldap": _openldap, "active_directory": _active_directory}


def _ways(
    store: Store, everybody: Sequence[Someone], around: Surroundings, bare: Callable[[], Work]
) -> dict[str, Callable[[], Work]]:
    names = [person.uid for person in everybody]
    return {
        "bare ldap3: one replace": bare,
        "the store: set_password": lambda: _reset(store, names, around.context, found=True),
        "the store: find and set_password": lambda: _reset(store, names, around.context, found=False),
    }


def _bare(way: Any, everybody: Sequence[Someone], attribute: str, password: bytes) -> Work:  # noqa: ANN401
    assert way.bind()

    def replace(place: int) -> None:
        way.modify(everybody[place].dn, {attribute: [(ldap3.MODIFY_REPLACE, [password])]})
        assert way.result["result"] == 0, way.result

    return replace


def _reset(store: Store, names: Sequence[str], context: Callable[..., Context], *, found: bool) -> Work:
    accounts = {place: store.find(name, context(seconds=10)) for place, name in enumerate(names) if found}

    def reset(place: int) -> None:
        account = accounts.get(place) or store.find(names[place], context(seconds=10))
        assert account is not None
        store.set_password(account, Secret(NEW), unlock=True, ctx=context(seconds=10))

    return reset


def _aged(slapd: Slapd, places: Sequence[str]) -> None:
    """Another password, set long ago, and no history that would refuse the new one."""
    values = {"userPassword": [PASSWORD], "pwdChangedTime": [CHANGED], "pwdHistory": []}
    changes = {name: [(ldap3.MODIFY_REPLACE, those)] for name, those in values.items()}
    with slapd.root() as root:
        for dn in places:
            root.modify(dn, changes, controls=[RELAX])
            assert root.result["result"] == 0, root.result


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", choices=sorted(BENCHES), default="openldap")
    parser.add_argument("--people", type=int, default=400, help="resets in each round")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
