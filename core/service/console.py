"""What the console's screens may ask and order: one field for each part of the house that has a screen."""

from __future__ import annotations

from dataclasses import dataclass

from .brand_desk import BrandDesk
from .concerns import Concerns
from .control_room import ControlRoom
from .desk import Desk
from .entry_checks import EntryChecks
from .entry_desk import EntryDesk
from .failures import Failures
from .file_schedules import FileSchedules
from .parts import Parts
from .question_sets import QuestionDesk
from .record_room import RecordRoom
from .records import Records
from .report import ReportRoom
from .signal_desk import SignalDesk
from .snapshot import Snapshots
from .staff import Staff
from .surroundings import Surroundings
from .trials import Trials
from .wording_desk import WordingDesk


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
