"""What security questions there are: read, saved as a whole, taken back, and counted by how many chose each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...contracts.errors import KeybackError
from ...contracts.question_set import AsksQuestions, Question, QuestionSet
from ...contracts.text import Text
from ...db import value_json
from ...db.question_sets import QUESTION_SETS
from ...db.session import Transaction
from ...recovery.question_sets import Fault, Flaw, Missing, Sets, between, flaws_of, ids, missing
from ..records import Records
from ..snapshot import Snapshot, Snapshots
from ..surroundings import Surroundings
from .kept_rules import Change, Kept, Ledger

# The method that asks them, and what the first set is called.
METHOD = "questions"
FIRST = "Everybody"


class Unfit(KeybackError):
    """These question sets can't be kept; nothing was saved. `flaws` say why."""

    def __init__(self, flaws: tuple[Flaw, ...]) -> None:
        super().__init__("; ".join(flaw.fault for flaw in flaws))
        self.flaws = flaws


@dataclass(frozen=True, kw_only=True)
class QuestionDesk:
    """Every save is one commit: the sets, the version, the history and the event."""

    records: Records
    snapshots: Snapshots
    around: Surroundings

    @property
    def ledger(self) -> Ledger[Sets]:
        """The saves so far."""
        read = value_json.QUESTION_SETS.validate_json
        return Ledger(records=self.records, around=self.around, kind=QUESTION_SETS, key="", read=read)

    @property
    def languages(self) -> Mapping[str, str]:
        """In which questions are said: each language's own name by its tag."""
        return self.around.languages.names

    def now(self) -> Kept[Sets]:
        """What holds: the file's questions, or ours, until somebody saves a set. Empty where neither asks any."""
        with self.records.db.read() as tx:
            return self._now(tx)

    def policies(self) -> tuple[str, ...]:
        """What there is to choose from when somebody says whom a set is for."""
        return tuple(policy.name for policy in self.snapshot().policies)

    def chosen(self, sets: Sets) -> Mapping[str, int]:
        """How many people chose each question."""
        with self.records.db.read() as tx:
            return self.records.enrolments.chosen.of(tx, METHOD, ids(sets))

    def missing(self, sets: Sets) -> tuple[Missing, ...]:
        """What is not said in every language."""
        return missing(sets, tuple(self.languages))

    def save(self, sets: Sets, change: Change) -> int:
        """Keep these in place of all others; returns the version.

        Raises Unfit, Refused without a reason, or SavedMeanwhile; then nothing was saved.
        """
        asker, why = self._asker(self.snapshot()), change.line()
        if found := flaws_of(sets, asker.to_register if asker else 0):
            raise Unfit(found)
        with self.records.db.write() as tx:
            before = self._now(tx).rules
            version = self.records.question_sets.save(
                tx, sets, who=change.actor.name, why=why, at=self.around.now(), after=change.after
            )
            # Counted behind the save, which the next one waits for; whoever chooses meanwhile is asked on all the same.
            self._refuse_to_lose(tx, before, sets)
            self.ledger.note(tx, change, version, between(before, sets))
        self.snapshots.at_least(version)
        return version

    def snapshot(self) -> Snapshot:
        """What holds now, whichever process decided it."""
        with self.records.db.read() as tx:
            version = self.records.settings.version(tx)
        return self.snapshots.at_least(version)

    def _now(self, tx: Transaction) -> Kept[Sets]:
        last = self.ledger.last(tx)
        sets = self.records.question_sets.all(tx)
        return Kept(sets, last.version, last.at, last.who, last.why) if last else Kept(self._first())

    def _first(self) -> Sets:
        asker = self._asker(self.snapshots.current)
        return (QuestionSet(FIRST, tuple(map(self._question, asker.first_questions))),) if asker else ()

    def _question(self, text: Text) -> Question:
        """In every language that has words of its own for it."""
        languages = self.around.languages
        first = str(text)
        said = {tag: text.render(languages.catalogue(tag)) for tag in languages.names}
        spoken = "en" if text.message == first else languages.default
        return Question(first, {tag: words for tag, words in said.items() if words != first or tag == spoken})

    def _refuse_to_lose(self, tx: Transaction, before: Sets, after: Sets) -> None:
        """Whoever chose it would be asked for ever, and nobody could say until when: it is retired instead."""
        gone = [question for question in ids(before) if question not in ids(after)]
        used = self.records.enrolments.chosen.of(tx, METHOD, gone) if gone else {}
        if found := tuple(Flaw(Fault.IN_USE, what=question, n=people) for question, people in used.items() if people):
            raise Unfit(found)

    @staticmethod
    def _asker(snapshot: Snapshot) -> AsksQuestions | None:
        asks: object = snapshot.plugins.methods.get(METHOD)
        return asks if isinstance(asks, AsksQuestions) else None
