"""One of a person's two directories fails: each is spoken of truly, and only what failed is tried again (R9)."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from servers.event_log import half_done, ledger, recorded
from servers.fault_proxy import FaultProxy, Mode
from servers.history import HEALED, History, Recorded, Told, violations
from servers.keyback import Keyback
from servers.outfit import pins
from servers.serving import Serve, say
from servers.slapd import PASSWORD, Slapd
from servers.stopped import Stopped
from servers.story import Post, wait_until
from servers.together import at_once
from servers.two_directories import REALMS, Two, locked, somebody, told

from keyback.core.testing import a_context

FULL = 200
# What happens at the password, and to how many at the same time.
FAULTS = {"locked": 4, "gone": 4, "lost": 1, "killed": 1}
WORDS = ("violet anchors drift homeward", "copper lanterns hum at noon")
CALLED = {"openldap": "Windows sign-in", "embedded": "Keyback’s own directory"}


@dataclass
class World:
    """The two directories, and how each may fail."""

    keyback: Keyback
    proxy: FaultProxy
    small: Path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The second one cannot be written."""
        with locked(self.small):
            yield

    @contextmanager
    def gone(self) -> Iterator[None]:
        """The first one takes no connection."""
        self.proxy.fault(Mode.REFUSE)
        self.proxy.drop_all()
        yield
        self.proxy.heal()

    @contextmanager
    def lost(self) -> Iterator[None]:
        """The first one does it, and its answer is lost."""
        self.proxy.on_bytes = lambda _: self.proxy.heal() if self.proxy.bytes_seen.is_set() else None
        losing = threading.Thread(target=self._lose, args=(Stopped(self.keyback),))
        losing.start()
        yield
        losing.join()
        self.proxy.on_bytes = None

    def _lose(self, writer: Stopped) -> None:
        writer.wait()
        # It looks at the object once more; the second thing that it sends is the order.
        self.proxy.fault(Mode.SWALLOW_REPLY, skip=1)
        writer.go_on()

    @contextmanager
    def killed(self) -> Iterator[None]:
        """The process dies between the two."""
        self.keyback.arm("write-answered")
        yield


@dataclass
class Person:
    """Somebody, and what the pages said of each directory."""

    two: Two
    said: dict[str, list[Told]] = field(default_factory=lambda: {store: [] for store in CALLED})

    @property
    def was_half(self) -> bool:
        """Whether a page said that one is not set."""
        return any(told.stage == "not-set" for said in self.said.values() for told in said)

    def renew(self, password: str) -> None:
        """Type it. A page that does not come states nothing."""
        try:
            self.two.story.renew(password)
        except requests.RequestException:
            return

    def hear(self, password: str) -> list[str]:
        """What became of it, once that is known; where the page's links to what failed lead."""
        page = self.two.story.wait_for_stage("renewing", "done", seconds=HEALED)
        for store, outcome in told(page).items():
            before = any(one.stage == "done" for one in self.said[store])
            stage = "done" if outcome == "set" and not before else outcome
            self.said[store].append(Told(time.time(), self.two.story.recovery_id, stage, password))
        return [link for name in CALLED.values() for link in page.links(f"Try again for {name}")]

    def live(self, password: str) -> None:
        """Hear, and try again what failed, until both are set."""
        patience = time.monotonic() + HEALED
        while failed := self.hear(password):
            assert time.monotonic() < patience, self.said
            self.two.story.browser.get(failed[0])
            password = WORDS[1]
            self.renew(password)

    def violations(self, keyback: Keyback, chain: str) -> list[str]:
        """Whatever cannot have happened, in each directory by itself."""
        recovery = self.two.story.recovery_id
        events, proofs = recorded(keyback, recovery), ledger(keyback, recovery)
        account = self.two.store.look(self.two.key, a_context())
        assert account is not None
        # The second one counts its writes itself; the first was the one that made the account.
        writes = {"openldap": self.two.windows.writes(self.two.dn), "embedded": int(account.stamp or 0) - 1}
        opens = {"openldap": self.two.first_opens, "embedded": self.two.second_opens}
        histories = [
            History(
                name=f"{self.two.story.name} in {store}",
                told=self.said[store],
                opens=frozenset(word for word in (PASSWORD, *WORDS) if opens[store](word)),
                old=PASSWORD,
                writes=writes[store],
                events={recovery: [one for one in events if _about(one, store)]},
                ledger={recovery: proofs},
                chain=chain,
                half_done=half_done(keyback),
            )
            for store in CALLED
        ]
        return [problem for history in histories for problem in violations(history)]


def _about(event: Recorded, store: str) -> bool:
    """Whether it speaks of this directory, or of none."""
    stores = event.data.get("stores", [event.data.get("store", store)])
    return isinstance(stores, Sequence) and store in stores


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_hundred_halves_are_told_truly_and_made_whole(
    serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy, tmp_path: Path
) -> None:
    small = tmp_path / "people.db"
    first = pins(post, slapd, servers=(f"ldaps://127.0.0.1:{proxy.port}",), called=CALLED["openldap"])["store.openldap"]
    also = {"store.openldap": first, "store.embedded": {"database": str(small)}}
    keyback = serve(also=also, more={"realms": REALMS})
    world, chance, halves = World(keyback, proxy, small), random.Random(FULL), Counter[str]()
    told_half = 0
    while halves.total() < FULL:
        fault = chance.choice(list(FAULTS))
        people = [Person(somebody(keyback, post, slapd, small)) for _ in range(FAULTS[fault])]
        at_once(len(people), lambda n: people[n].two.proven("/recover", both=True))  # noqa: B023
        with getattr(world, fault)():
            at_once(len(people), lambda n: people[n].renew(WORDS[0]))  # noqa: B023
        for person in people:
            person.live(WORDS[0])
        _judge(keyback, people)
        halves[fault] += len(people)
        told_half += sum(person.was_half for person in people)
        say(f"{halves.total()} people, one of whose two directories failed: {dict(halves)}, {told_half} told of a half")
    # On a busy machine an order may be late rather than refused, and is found out; but not always.
    assert told_half


def _judge(keyback: Keyback, people: Sequence[Person]) -> None:
    wait_until(lambda: not half_done(keyback), "what is half done to be settled", HEALED)
    chain = keyback.command("audit", "verify")
    wrong = [problem for person in people for problem in person.violations(keyback, chain)]
    assert not wrong, "\n".join(wrong)
    assert all(person.said[store] for person in people for store in CALLED)
