"""Saved codes for one person, issued by an administrator on the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from ..contracts.errors import Ambiguous, NotAllowed
from ..contracts.events import CodesIssued
from ..contracts.people import Account
from ..contracts.text import Text
from ..recovery.names import searchable
from .records import Records
from .snapshot import Snapshots
from .surroundings import Surroundings

FIND_SECONDS = 8.0


@runtime_checkable
class IssuesCodes(Protocol):
    """A method that draws codes to be shown once, and the data to keep instead of them."""

    key: str

    def issue(self, count: int, random: Callable[[int], bytes]) -> tuple[tuple[str, ...], dict[str, str]]: ...


class CodeDesk:
    """Asks the stores itself: whoever may type on the server may wait for them."""

    def __init__(self, records: Records, snapshots: Snapshots, around: Surroundings) -> None:
        self._records = records
        self._snapshots = snapshots
        self._around = around

    def issue(self, name: str, count: int = 10) -> tuple[str, ...]:
        """Fresh codes; all earlier ones end with them. Raises NotAllowed when the name is nobody or several."""
        method = self._method()
        account = self._account(name)
        codes, data = method.issue(count, self._around.random)
        now = self._around.now()
        with self._records.db.write() as tx:
            person = self._records.links.person_of(tx, account.key) or self._records.keyring.pseudonym(
                account.key.store, account.key.id
            )
            self._records.enrolments.remove_all(tx, person, method.key)
            self._records.enrolments.add(tx, person, method.key, "", data, proven_at=now, usable_from=now)
            self._records.audit.append(tx, [CodesIssued(count)], at=now, person_id=person)
        return codes

    def _method(self) -> IssuesCodes:
        for method in self._snapshots.current.plugins.methods.values():
            if isinstance(method, IssuesCodes):
                return method
        raise NotAllowed(Text("No method issues codes: add saved_codes to plugins.load"))

    def _account(self, name: str) -> Account:
        context = self._around.context(seconds=FIND_SECONDS)
        try:
            asked = searchable(name, netbios=self._around.netbios)
            stores = self._snapshots.current.stores_for(asked, self._around.realms)
            plugins = self._snapshots.current.plugins.stores
            found = [account for key in stores if (account := plugins[key].find(asked, context)) is not None]
        except (Ambiguous, ValueError):
            raise NotAllowed(Text("This name means several people, or cannot be a name")) from None
        if len(found) != 1:
            raise NotAllowed(Text("Nobody, or more than one person, has this name"))
        return found[0]
