"""Until when the certificates are good that plugins depend on, as the back office last saw it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from .report_tables import certificate_end as table

# In the place of a kind and a key: of keyback.toml itself.
HOUSE = ("", "")


@dataclass(frozen=True, slots=True)
class CertificateEnd:
    """`what`: the setting that names its file, or the server that shows it."""

    kind: str
    plugin: str
    what: str
    ends_at: datetime


_of_plugin = (table.c.kind == bindparam("of_kind"), table.c.plugin == bindparam("of_plugin"))
_all = select(table).order_by(table.c.ends_at, table.c.kind, table.c.plugin, table.c.what)
_forget = delete(table).where(*_of_plugin)
_insert = insert(table)


class CertificateEnds:
    """A handful of rows: Home reads them, and opens neither files nor connections."""

    def all(self, tx: Connection) -> tuple[CertificateEnd, ...]:
        """The one that ends first comes first."""
        return tuple(CertificateEnd(**row) for row in tx.execute(_all).mappings())

    def of(self, tx: Connection, kind: str, plugin: str) -> Mapping[str, datetime]:
        """What is known of this plugin's."""
        return {one.what: one.ends_at for one in self.all(tx) if (one.kind, one.plugin) == (kind, plugin)}

    def keep(self, tx: Connection, kind: str, plugin: str, ends: Mapping[str, datetime]) -> None:
        """In place of what was known of this plugin's."""
        tx.execute(_forget, {"of_kind": kind, "of_plugin": plugin})
        if ends:
            rows = [{"kind": kind, "plugin": plugin, "what": what, "ends_at": end} for what, end in ends.items()]
            tx.execute(_insert, rows)
