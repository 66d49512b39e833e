"""What the console's screens may ask and order: one field for each part of the house that has a screen."""

from __future__ import annotations

from dataclasses import dataclass

from ..clients.entry_checks import EntryChecks
from ..clients.entry_desk import EntryDesk
from ..clients.signal_desk import SignalDesk
from ..helping.desk import Desk
from ..records import Records
from ..reporting.concerns import Concerns
from ..reporting.failures import Failures
from ..reporting.file_schedules import FileSchedules
from ..reporting.record_room import RecordRoom
from ..reporting.report import ReportRoom
from ..ruling.brand_desk import BrandDesk
from ..ruling.control_room import ControlRoom
from ..ruling.parts import Parts
from ..ruling.question_sets import QuestionDesk
from ..ruling.trials import Trials
from ..ruling.wording_desk import WordingDesk
from ..snapshot import Snapshots
from ..staff import Staff
from ..surroundings import Surroundings


@dataclass(frozen=True, kw_only=True)
class Console:
    """Everybody adds the own field in one line; `config/console.py` fills it."""

    records: Records
    snapshots: Snapshots
    around: Surroundings
    staff: Staff
    control_room: ControlRoom
    people: Desk
    parts: Parts
    questions: QuestionDesk
    entries: EntryDesk
    entry_checks: EntryChecks
    record_room: RecordRoom
    reports: ReportRoom
    concerns: Concerns
    trials: Trials
    failures: Failures
    brand: BrandDesk
    signals: SignalDesk
    wordings: WordingDesk
    files: FileSchedules
