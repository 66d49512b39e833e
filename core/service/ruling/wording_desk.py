"""What notices say: read, shown and saved for whoever administers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ...contracts.errors import KeybackError
from ...contracts.notifier import Notifier
from ...contracts.short_text import texts_needed
from ...contracts.text import Text
from ...contracts.wording import Part, Wording
from ...db.documents import By
from ...db.session import Transaction
from ...recovery.differences import Difference
from ..records import Records
from ..sending.media import PARTS
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .house_brand import WORDINGS, Words, words_from, words_to
from .kept_rules import Change, Kept, Ledger
from .wording_flaws import MOST_TEXTS, Fault, WordingFlaw, flaws_of

# Where words stand: in which language, and as which part of a message.
Place = tuple[str, Part]
BEGINNING = 40
Builder = Callable[[Words], Words]


class UnfitWords(KeybackError):
    """Words that cannot be kept; nothing was saved."""

    def __init__(self, flaws: Mapping[Place, Sequence[WordingFlaw]]) -> None:
        super().__init__("; ".join(f"{tag} {part}: {found[0].fault}" for (tag, part), found in flaws.items()))
        self.flaws = flaws


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as somebody would get it. `texts`: as how many text messages it is paid for, and what they cost."""

    language: str
    subject: str
    mail: str
    end: str
    text: str = field(repr=False)
    texts: int = 1
    price: float = 0.0


@dataclass(frozen=True)
class WordingDesk:
    """Own words take the place of ours in one language, sentence by sentence; every save is one commit."""

    records: Records
    snapshots: Snapshots
    around: Surroundings

    @property
    def ledger(self) -> Ledger[Words]:
        """The saves so far."""
        kind, key = WORDINGS.kind, WORDINGS.key
        return Ledger(records=self.records, around=self.around, kind=kind, key=key, read=words_from)

    def wordings(self) -> Mapping[str, Wording]:
        """Every message that can be said otherwise, by its key."""
        notifiers: Sequence[Notifier] = tuple(self.snapshots.current.plugins.notifiers.values())
        return {f"{one.key}.{each.key}": each for one in notifiers for each in one.wordings}

    def now(self) -> Kept[Words]:
        """What holds."""
        with self.records.db.read() as tx:
            return self._now(tx)

    def words(self, wording: Wording, own: Words) -> dict[Place, str]:
        """How each sentence reads, with its gaps: theirs, or ours in that language."""
        return {
            (tag, part): own.get(tag, {}).get(wording.ours(part).message) or self._ours(wording, tag, part)
            for tag in self.around.languages.names
            for part in Part
        }

    def lacking(self, wording: Wording, own: Words) -> tuple[str, ...]:
        """The languages in which this message is still ours, where it is theirs in another."""
        messages = {wording.ours(part).message for part in Part}
        theirs = {tag for tag in self.around.languages.names if messages & own.get(tag, {}).keys()}
        return tuple(tag for tag in self.around.languages.names if theirs and tag not in theirs)

    def flaws(self, wording: Wording, typed: Mapping[Place, str]) -> dict[Place, list[WordingFlaw]]:
        """What is wrong with these words, by their place."""
        found: dict[Place, list[WordingFlaw]] = {}
        for (tag, part), words in typed.items():
            wrong = list(flaws_of(wording, part, words)) if words != self._ours(wording, tag, part) else []
            if not wrong and part is Part.TEXT and texts_needed(self._filled(wording, tag, words)) > MOST_TEXTS:
                wrong = [WordingFlaw(Fault.TOO_MANY_TEXTS, n=MOST_TEXTS)]
            if wrong:
                found[tag, part] = wrong
        return found

    def shown(self, wording: Wording, typed: Mapping[Place, str]) -> Iterator[Shown]:
        """Each language, filled with examples. The words must have no flaws."""
        price = self.around.rules_of("sms").usual_price / PARTS
        for tag in self.around.languages.names:
            subject, mail, text = (self._filled(wording, tag, typed[tag, part]) for part in Part)
            end = self._filled(wording, tag, self.around.languages.catalogue(tag).gettext(wording.end.message))
            texts = texts_needed(text)
            yield Shown(tag, subject, mail, end, text, texts, texts * price)

    def changed(self, wording: Wording, typed: Mapping[Place, str], own: Words) -> Words:
        """All own words, with these in place of what they were; what reads as ours is ours again."""
        new: dict[str, dict[str, str]] = {tag: dict(theirs) for tag, theirs in own.items()}
        for (tag, part), words in typed.items():
            message = wording.ours(part).message
            if words and words != self._ours(wording, tag, part):
                new.setdefault(tag, {})[message] = words
            else:
                new.get(tag, {}).pop(message, None)
        return {tag: theirs for tag, theirs in new.items() if theirs}

    def save(self, wording: Wording, typed: Mapping[Place, str], change: Change) -> int:
        """Keep these words; returns the version. Raises UnfitWords, Refused without a reason, or SavedMeanwhile."""
        if found := self.flaws(wording, {place: words for place, words in typed.items() if words}):
            raise UnfitWords(found)
        return self._keep(change, lambda own: self.changed(wording, typed, own))

    def go_back(self, number: int, change: Change) -> int:
        """To all words of that version. Raises as `save` does, and KeyError where there is none."""
        kept = self.ledger.version(number)
        if kept is None:
            raise KeyError(number)
        return self._keep(change, lambda _: kept.rules)

    def _keep(self, change: Change, build: Builder) -> int:
        by = By(change.actor.name, change.line(), self.around.now())
        with self.records.db.write() as tx:
            before = self._now(tx).rules
            after = build(before)
            version = self.records.settings.documents.save(tx, WORDINGS, words_to(after), by, after=change.after)
            self.ledger.note(tx, change, version, differences(before, after))
        self.snapshots.at_least(version)
        return version

    def _now(self, tx: Transaction) -> Kept[Words]:
        return self.ledger.last(tx) or Kept({})

    def _ours(self, wording: Wording, tag: str, part: Part) -> str:
        return self.around.languages.catalogue(tag).gettext(wording.ours(part).message)

    def _filled(self, wording: Wording, tag: str, words: str) -> str:
        language = self.around.languages.catalogue(tag)
        known = {"company": self.around.short_name, "help_desk": self.around.whom_to_call, **wording.examples}
        said = {name: value.render(language) if isinstance(value, Text) else value for name, value in known.items()}
        return words.format_map(said)


def differences(before: Words, after: Words) -> tuple[Difference, ...]:
    """Sentence by sentence, each by its language and its beginning in English; empty where it is ours."""
    old, new = _by_place(before), _by_place(after)
    return tuple(
        Difference("", f"{tag}: {message[:BEGINNING]}", old.get((tag, message), ""), new.get((tag, message), ""))
        for tag, message in sorted(old.keys() | new.keys())
        if old.get((tag, message)) != new.get((tag, message))
    )


def _by_place(words: Words) -> dict[tuple[str, str], str]:
    return {(tag, message): said for tag, own in words.items() for message, said in own.items()}
