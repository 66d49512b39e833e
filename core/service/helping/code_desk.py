"""Saved codes for one person, issued by an administrator on the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from ...contracts.errors import NotAllowed
from ...contracts.events import CodesIssued
from ...contracts.text import Text
from ..finding.named import account_named
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings


@runtime_checkable
class IssuesCodes(Protocol):
    """A method that draws codes to be shown once, and the data to keep instead of them."""

    key: str

    def issue(self, count: int, random: Callable[[int], bytes]) -> tuple[tuple[str, ...], dict[str, str]]: ...


class CodeDesk:
    """For an administrator on the server."""

    def __init__(self, records: Records, snapshots: Snapshots, around: Surroundings) -> None:
        self._records = records
        self._snapshots = snapshots
        self._around = around

    def issue(self, name: str, count: int = 10) -> tuple[str, ...]:
        """Fresh codes; all earlier ones end with them. Raises NotAllowed when the name is nobody or several."""
        method = self._method()
        account = account_named(name, self._snapshots, self._around)
        codes, data = method.issue(count, self._around.random)
        now = self._around.now()
        with self._records.db.write() as tx:
            person, _ = self._records.links.whose(tx, account.key)
            self._records.enrolments.remove_all(tx, person, method.key)
            self._records.enrolments.add(tx, person, method.key, "", data, proven_at=now, usable_from=now)
            self._records.audit.append(tx, [CodesIssued(count)], at=now, person_id=person)
        return codes

    def _method(self) -> IssuesCodes:
        for method in self._snapshots.current.plugins.methods.values():
            if isinstance(method, IssuesCodes):
                return method
        raise NotAllowed(Text("No method issues codes: add saved_codes to plugins.load"))
