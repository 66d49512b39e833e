#!/usr/bin/env python3
"""What a stranger's request costs a running Keyback, whatever it carries. See README.md beside this file."""

from __future__ import annotations

import argparse
import html
import json
import re
import secrets
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from processes import Meter, Yardstick, wait_for_rest
from servers.human import solve
from servers.keyback import HOST, Keyback
from servers.outfit import ENTRIES
from servers.targets import urls
from strange_requests import Known, Wish, wishes
from town import Town, seconds_to_ready, town
from wire import Http

MOST_MILLISECONDS = 2.0


@dataclass(frozen=True)
class Cost:
    """CPU milliseconds of one request, at the least disturbed of some rounds."""

    wish: Wish
    status: int
    web: float
    database: float

    @property
    def whole(self) -> float:
        """All of it."""
        return self.web + self.database


def learn(keyback: Keyback) -> Known:
    """Everything that is shown to anybody."""
    way = Http(keyback.port, HOST, "192.0.2.1")
    page = way.send("GET", "/recover", "").html
    challenge = html.unescape(re.findall(r'data-challenge="([^"]*)"', page)[0])
    task = re.findall(
        r'name="picture_task" value="([^"]*)"', way.send("POST", "/recover", "", {"check": "picture"}).html
    )
    start = way.send("POST", "/recover", "", {"identifier": "jo", "proof_of_work": solve(challenge)})
    way.close()
    style_sheet = re.findall(r'href="(/static/keyback[^"]*)"', page)[0]
    return Known(style_sheet, json.loads(challenge), task[0], start.location.rpartition("/")[2])


def costs(keyback: Keyback, groups: dict[str, int], asked: Sequence[Wish], times: int, rounds: int) -> list[Cost]:
    """Of each kind so many in each round; the least of its rounds counts, which lie minutes apart.

    What else a machine does comes and goes by the minute: rounds that follow one another would all be disturbed alike.
    """
    way, least = Http(keyback.port, HOST, ""), [Cost(wish, 0, float("inf"), 0.0) for wish in asked]
    for _ in range(rounds):
        now = [_cost(way, groups, wish, times) for wish in asked]
        least = [min(both, key=lambda one: one.whole) for both in zip(least, now, strict=True)]
    way.close()
    return least


def _cost(way: Http, groups: dict[str, int], wish: Wish, times: int) -> Cost:
    status, requests = 0, [_raw(*wish.make(), verb=wish.verb) for _ in range(times)]
    meter = Meter(groups)
    for request in requests:
        status = way.ask(request).status
    each = {group: seconds / times * 1000 for group, seconds in meter.read().items()}
    return Cost(wish, status, each["web"], each.get("database", 0.0))


def _raw(path: str, headers: object, body: str, *, verb: str) -> bytes:
    # Each from an address of its own: what limits stop is not what this asks.
    address = ".".join(["10", *(str(byte) for byte in secrets.token_bytes(3))])
    given = {"Host": HOST, "X-Forwarded-For": address, "Sec-Fetch-Site": "same-origin", **dict(headers)}  # type: ignore[call-overload]
    if verb == "POST":
        given |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"{verb} {path} HTTP/1.1\r\n{lines}\r\n{body}".encode("latin-1")


def show(costs: list[Cost]) -> None:
    """The dearest first."""
    print(f"{'address':24}{'':6}{'what':22}{'status':>7}{'web':>8}{'database':>10}{'CPU ms':>8}")
    for one in sorted(costs, key=lambda one: -one.whole):
        too_dear = one.whole > MOST_MILLISECONDS
        mark = (" counted" if one.wish.counted else " TOO DEAR") if too_dear else ""
        name = one.wish.endpoint.removeprefix("portal.")
        print(f"{name:24}{one.wish.verb:6}{one.wish.kind:22}{one.status:7}", end="")
        print(f"{one.web:8.2f}{one.database:10.2f}{one.whole:8.2f}{mark}")
    dear = [one for one in costs if one.whole > MOST_MILLISECONDS]
    print(f"{len(costs)} kinds, {len(dear)} above {MOST_MILLISECONDS:g} ms")


def run(here: Town, database: str, times: int, rounds: int, only: str) -> None:
    """On a fresh server with one process for the pages."""
    postgres = database == "postgresql"
    server = here.keyback("strangers", proofs=1, processes=1, postgres=postgres, more={"entries": ENTRIES})
    seconds_to_ready(server)
    try:
        assert server._process is not None
        groups = {"web": server._process.pid} | ({"database": here.database_pid} if postgres else {})
        asked = [wish for wish in wishes(urls(server), learn(server)) if only in f"{wish.endpoint} {wish.kind}"]
        wait_for_rest(groups)
        with Yardstick() as yardstick:
            show(costs(server, groups, asked, times, rounds))
        print(f"the machine was disturbed {yardstick.disturbed:.1f} times")
    finally:
        server.stop()


def main() -> None:
    """One table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="postgresql", choices=["sqlite", "postgresql"])
    parser.add_argument("--times", type=int, default=120, help="requests of each kind in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="kinds whose address or name has this in it")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    with tempfile.TemporaryDirectory(prefix="keyback-bench-") as folder, town(Path(folder)) as here:
        run(here, asked.database, asked.times, asked.rounds, asked.only)


if __name__ == "__main__":
    main()
