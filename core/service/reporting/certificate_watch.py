"""The look-at-certificates job: sees in time that one ends on which a plugin depends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ...contracts.plugin import TRUSTED, Plugin, certificate_settings
from ...contracts.store import ShowsCertificates
from ...db.certificate_ends import HOUSE
from ...db.jobs import Job
from ...guard import Guard
from ..back_office import BackOffice
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .certificate_files import end_of

KIND = "certificates"
# Whoever renewed one sees within the hour that all is well again.
EVERY = timedelta(hours=1)
# Shorter than a job's lease.
SECONDS = 8.0


@dataclass(kw_only=True)
class CertificateWatch:
    """In the back office alone, one process of all: Home only reads what was seen."""

    records: Records
    snapshots: Snapshots
    office: BackOffice
    around: Surroundings
    _look_at: datetime | None = field(init=False, default=None)

    def look(self, now: datetime) -> None:
        """A job for each plugin that depends on certificates."""
        if self._look_at is not None and now < self._look_at:
            return
        self._look_at = now + EVERY
        with self.records.db.write() as tx:
            if not self.records.leases.take(tx, KIND, self.around.token(), self._look_at, now):
                return
            jobs = [self.office.put(tx, KIND, KIND, "", {"kind": kind, "plugin": key}) for kind, key in self._due()]
        for job in jobs:
            self.office.hand_over(job)

    def work(self, job: Job) -> None:
        """Look at one plugin's, or the house's own. What servers do not show now is as it was seen last."""
        kind, key = job.payload["kind"], job.payload["plugin"]
        plugin = self.snapshots.current.plugins.everything().get((kind, key))
        with self.records.db.read() as tx:
            known = self.records.certificate_ends.of(tx, kind, key)
        ends = {**_in_files(plugin), **self._shown_by(plugin, known)} if plugin else self._of_house((kind, key))
        with self.records.db.write() as tx:
            self.records.certificate_ends.keep(tx, kind, key, ends)
            self.records.jobs.done(tx, [job.id])

    def _shown_by(self, plugin: Plugin, known: Mapping[str, datetime]) -> Mapping[str, datetime]:
        if not isinstance(plugin, ShowsCertificates):
            return {}
        context = self.around.context(seconds=SECONDS)
        try:
            # A guard of its own: what hangs here must not open the circuit by which people are served.
            shown = Guard(f"{KIND} of {plugin.key}").call(lambda: plugin.certificates(ctx=context), SECONDS)
        except Exception:  # whatever it is, it is the plugin's: what was seen before stands
            return {what: end for what, end in known.items() if what not in certificate_settings(plugin.Settings)}
        return _ends({server: end or known.get(server) for server, end in shown.items()})

    def _of_house(self, name: tuple[str, str]) -> Mapping[str, datetime]:
        """Those of keyback.toml; none of a plugin that is gone meanwhile."""
        files = self.around.ca_files if name == HOUSE else {}
        return _ends({setting: end_of(file, TRUSTED) for setting, file in files.items()})

    def _due(self) -> Iterator[tuple[str, str]]:
        if self.around.ca_files:
            yield HOUSE
        for name, plugin in self.snapshots.current.plugins.everything().items():
            if certificate_settings(plugin.Settings) or isinstance(plugin, ShowsCertificates):
                yield name


def _in_files(plugin: Plugin) -> Mapping[str, datetime]:
    whose = certificate_settings(plugin.Settings)
    files = {name: str(getattr(plugin.settings, name)) for name in whose}
    return _ends({name: end_of(file, whose[name]) for name, file in files.items() if file})


def _ends(seen: Mapping[str, datetime | None]) -> Mapping[str, datetime]:
    return {what: end for what, end in seen.items() if end}
