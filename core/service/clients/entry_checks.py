"""Whether an entry's addresses answer and its client's keys can be read: what the Test button tells."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPException

from ...contracts.entry import Entry, OidcClient
from ...contracts.settings_events import EntryTested
from ...contracts.text import Text
from ...db.session import after_commit
from ...dial import Forbidden
from ...outside import Outside, Request
from ..administrators.actor import Actor
from ..records import Records
from ..reporting.counted import tell
from ..ruling.approvals import said_by
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .entry_rules import addresses, keys_problem, read_keys

# All addresses are asked at the same time, and whoever pressed the button waits for no longer.
SECONDS = 5.0
AT_ONCE = 8
TOO_LATE = Text("No answer within {n} seconds.", n=int(SECONDS))
NOT_FROM_HERE = Text(
    "It leads to this machine or into a private network that [clients] in keyback.toml doesn't list, so Keyback asks "
    "nothing there."
)
MEND_BY_HAND = Text("Open the address in a browser to see whether it answers.")


class Result(StrEnum):
    """How a check ended; `UNSEEN`: it could not be made from here."""

    OK = "ok"
    UNSEEN = "soon"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, what was found, and how to mend it."""

    about: Text | str
    result: Result
    found: Text
    mend: Text | None = None


@dataclass(frozen=True, kw_only=True)
class EntryChecks:
    """Asks what is in use. It goes by the one way out, so no answer comes from inside the house or from a redirect."""

    records: Records
    snapshots: Snapshots
    around: Surroundings
    outside: Callable[[], Outside] = field(repr=False)

    def test(self, entry: Entry, actor: Actor) -> tuple[Check, ...]:
        """Everything that can be seen from here, and the event that it was looked at."""
        found = (*self._reached(addresses(entry)), *(self._of_client(entry.client) if entry.client else ()))
        event = EntryTested(entry.key, all(check.result is not Result.BAD for check in found))
        with self.records.db.write() as tx:
            self.records.audit.append(tx, [event], at=self.around.now(), details=said_by(actor))
            after_commit(tx, lambda: tell(self.around.meter, [event]))
        return found

    def _reached(self, places: tuple[str, ...]) -> Iterator[Check]:
        outside, ends = self.outside(), time.monotonic() + SECONDS
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="entry-test")
        asked = {place: pool.submit(reach, outside, place, ends) for place in places}
        wait(asked.values(), SECONDS)
        # Nobody waits for a name server that is silent; its thread ends by itself.
        pool.shutdown(wait=False, cancel_futures=True)
        for place, answer in asked.items():
            yield _ended(answer, place)

    def _of_client(self, client: OidcClient) -> Iterator[Check]:
        called = self.snapshots.current.store_names
        there = client.store in called
        about = Text("Directory {store}", store=called.get(client.store, client.store))
        yield (
            Check(about, Result.OK, Text("It is switched on."))
            if there
            else Check(about, Result.BAD, Text("It is not switched on."), Text("Nobody could be named to this client."))
        )
        if client.keys:
            words, about = keys_problem(client.keys), Text("The client's keys")
            n = len(read_keys(client.keys))
            fine = Text.plural("{n} key can be read.", "{n} keys can be read.", n=n)
            yield Check(about, Result.BAD, words) if words else Check(about, Result.OK, fine)


def reach(outside: Outside, place: str, ends: float) -> Check:
    """Whether somebody answers at this address. What they say is not looked at."""
    try:
        status = outside.ask(Request("GET", place), ends).status
    except Forbidden:
        return Check(place, Result.UNSEEN, NOT_FROM_HERE, MEND_BY_HAND)
    except socket.gaierror:
        return Check(place, Result.BAD, Text("No host has this name."), Text("Look for a slip of the pen."))
    except ssl.SSLCertVerificationError:
        return Check(place, Result.BAD, Text("Its certificate is not one that Keyback trusts."), MEND_BY_HAND)
    except TimeoutError:
        return Check(place, Result.BAD, TOO_LATE, MEND_BY_HAND)
    except (OSError, HTTPException, ValueError):
        return Check(place, Result.BAD, Text("Nobody answers there as a web server does."), MEND_BY_HAND)
    said = Text("It answers with status {status}.", status=status)
    if status in {404, 410}:
        return Check(place, Result.BAD, said, Text("The host says that there is no such page. Look at the path."))
    if status >= 500:
        return Check(place, Result.BAD, said, Text("Something is broken there."))
    return Check(place, Result.OK, said)


def _ended(answer: Future[Check], place: str) -> Check:
    if answer.done() and not answer.cancelled():
        return answer.result()
    return Check(place, Result.BAD, TOO_LATE, MEND_BY_HAND)
