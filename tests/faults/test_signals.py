"""kill -9 between a shared signal and our note of it: it comes again by its name, in order, and counts once."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from servers import signal_receiver
from servers.authority import Authority
from servers.event_log import half_done
from servers.keyback import HOST, Keyback
from servers.nodes import signalled
from servers.outfit import a_story, opens
from servers.serving import Serve, say
from servers.signal_receiver import SignalReceiver
from servers.signals import ADMINISTRATOR
from servers.slapd import Slapd
from servers.story import NEW, Post, Story, wait_until

from keyback.core.contracts.signals import Naming, Receiver
from keyback.core.db.sealing import Keyring
from keyback.core.db.session import Database
from keyback.core.service.clients.signal_desk import SignalDesk
from keyback.core.service.records import Records
from keyback.core.service.surroundings import Surroundings
from keyback.idp_bridge.signal_words import TYPES

QUICK, FULL = 1, 10
AUDIENCE = "https://siem.example.org"
CHANGE, REVOKED, _ = TYPES.values()
# A dead process' job is another's after twenty seconds, and who is held is left alone for a minute at most.
PATIENCE = 120


@dataclass
class Brought:
    """A running server, and who is told by it."""

    keyback: Keyback
    receiver: SignalReceiver

    def kill(self) -> None:
        """Every process at once, and another start."""
        signalled(self.keyback, signal.SIGKILL)
        self.keyback.stop()
        self.keyback.start()


def test_what_arrived_before_a_kill_comes_again_by_its_name(
    serve: Serve, post: Post, slapd: Slapd, tmp_path: Path
) -> None:
    with _brought(serve, tmp_path) as brought:
        _killed_at_each(brought, post, slapd, QUICK)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_twenty_kills_lose_nothing_and_double_nothing(serve: Serve, post: Post, slapd: Slapd, tmp_path: Path) -> None:
    with _brought(serve, tmp_path) as brought:
        _killed_at_each(brought, post, slapd, FULL)


def _killed_at_each(brought: Brought, post: Post, slapd: Slapd, people: int) -> None:
    """The server dies while each signal is in the receiver's hands and its answer on no way yet."""
    receiver = brought.receiver
    receiver.is_in("away")
    stories = [_reset(brought.keyback, post, slapd) for _ in range(people)]
    receiver.is_in("holding")
    for number in range(2 * people):
        # One that is held for too long is brought again before we see it, and the next one with it.
        wait_until(lambda: len(receiver.heard) > number, f"signal {number + 1}", PATIENCE)  # noqa: B023
        brought.kill()
    wait_until(lambda: half_done(brought.keyback) == [], "everything to be brought", PATIENCE)
    assert [(one["event"], one["about"]["sub"]) for one in receiver.heard] == [
        (event, story.name) for story in stories for event in (CHANGE, REVOKED)
    ]
    _comes_in_order(receiver)
    say(f"{2 * people} kills, {len(receiver.arrived)} arrivals of {len(receiver.heard)} signals, each counted once")


def _reset(keyback: Keyback, post: Post, slapd: Slapd) -> Story:
    story = a_story(keyback, post, slapd)
    story.start()
    story.prove()
    assert story.renew().stage == "done"
    assert opens(slapd, story, NEW)
    return story


def _comes_in_order(receiver: SignalReceiver) -> None:
    """Nothing comes before what happened before it has been taken, and each comes again by the same name."""
    names = [one["jti"] for one in receiver.heard]
    assert sorted(receiver.arrived, key=names.index) == receiver.arrived
    assert set(receiver.arrived) == set(names)
    assert min(Counter(receiver.arrived).values()) >= 2


@contextmanager
def _brought(serve: Serve, folder: Path) -> Iterator[Brought]:
    if why := signal_receiver.missing():
        pytest.skip(why)
    authority = Authority(folder / "authority")
    more = {"enabled": True, "push_hosts": ["localhost"], "private_networks": ["127.0.0.0/8"]}
    keyback = serve(more={"signals": {**more, "ca_file": str(authority.ca_file)}})
    keys = requests.get(f"{keyback.url}/jwks.json", headers={"Host": HOST}, timeout=30).json()
    with signal_receiver.signal_receiver(authority, f"https://{HOST}", "", AUDIENCE, keys=keys) as receiver:
        _register(keyback, f"{receiver.url}/events")
        yield Brought(keyback, receiver)


def _register(keyback: Keyback, address: str) -> None:
    """As an administrator does, in the server's own database."""
    database = Database(keyback.database_url)
    records = Records.open(database, Keyring.load(database, keyback.key))
    around = Surroundings("Alderwick", f"https://{HOST}", signals=True)
    desk = SignalDesk(records=records, around=around, may_push_to=lambda _: True)
    who = Receiver("siem", "SIEM", AUDIENCE, naming=Naming.NAME)
    desk.add(ADMINISTRATOR, who, address, "asked for by the SOC")
    database.close()
