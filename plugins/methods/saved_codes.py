"""Codes that were printed beforehand, each good once."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from pydantic import Field as Setting
from pydantic import SecretStr

from ...core import (
    Alphabet,
    Carrier,
    Challenge,
    Context,
    Enrolment,
    Factor,
    Field,
    Method,
    NewEnrolment,
    NotAllowed,
    Offer,
    Person,
    PluginSettings,
    Prompt,
    Text,
    Verdict,
    hookimpl,
    same,
)
from ._slow_hash import keyed, matches, slow_hash

COUNT, LENGTH = 10, 16
# What the tick box sends: they are where they will be found again.
SAFE = "yes"
# No I, L, O and U: what is read wrongly from paper is folded to what was meant.
SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MEANT = str.maketrans("OILU", "011V")
# 16 of the 80 bits. They find the right hash, so that a guess costs no slow hash; 64 stay behind it.
_TAG_BYTES = 2


class SavedCodesSettings(PluginSettings):
    """The key without which a stolen table of hashes is worth nothing."""

    pepper: SecretStr = Setting(
        title="Pepper",
        description="Keyed into every hash. Made by Keyback; a new one ends all saved codes.",
        min_length=32,
    )


class SavedCodes(Method):
    """A code from a list on paper: 16 symbols, 80 bits."""

    key = "saved_codes"
    label = Text("Saved code")
    factor = Factor.HAS
    rides_on = Carrier.PAPER
    # 80 bits.
    guessable = False
    # Two lists would be one too many to keep an eye on.
    replaces = True
    summary = Text("One of the codes you printed")
    Settings = SavedCodesSettings
    settings: SavedCodesSettings

    def issue(self, count: int, random: Callable[[int], bytes]) -> tuple[tuple[str, ...], dict[str, str]]:
        """A fresh set: the codes to show this once, and the enrolment's data to keep instead of them."""
        codes = self._draw(count, random)
        return tuple(_in_fours(code) for code in codes), self._hashed(codes, random)

    def enrol(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Challenge:
        """Ten codes to put somewhere safe. None of them opens anything until that is said."""
        codes = self._draw(COUNT, ctx.random)
        field = Field("safe", Text("I've put them somewhere safe"))
        prompt = Prompt(
            Text("Your saved codes"),
            Text("Print them or write them down. We show them only this once."),
            (field,),
            widget="codes",
            data={"codes": " ".join(_in_fours(code) for code in codes)},
        )
        return Challenge(prompt, timedelta(minutes=10), {"codes": " ".join(codes)})

    def confirm(self, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> NewEnrolment:
        """From here on the codes themselves are nowhere but with the person."""
        if answer.get("safe") != SAFE:
            raise NotAllowed(Text("Put the codes somewhere safe first, then tick the box."))
        return NewEnrolment("", self._hashed(challenge.secret["codes"].split(), ctx.random))

    def _draw(self, count: int, random: Callable[[int], bytes]) -> list[str]:
        codes: dict[str, str] = {}
        while len(codes) < count:
            code = "".join(SYMBOLS[byte % 32] for byte in random(LENGTH))
            codes.setdefault(self._tag(code), code)
        return list(codes.values())

    def _hashed(self, codes: Sequence[str], random: Callable[[int], bytes]) -> dict[str, str]:
        hashes = {self._tag(code): self._slow_hash(code, random(16)) for code in codes}
        return {"unused": json.dumps(hashes)}

    def offers(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Sequence[Offer]:
        # `private` is the data as it was read: whoever stores the verdict can tell whether it changed since.
        return [
            Offer(self.key, enrolment.id, self.summary, dict(enrolment.data))
            for enrolment in enrolments
            if enrolment.usable_from <= ctx.now and json.loads(enrolment.data["unused"])
        ]

    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        hint = Text("16 letters and digits. Dashes don't matter.")
        field = Field("code", Text("Saved code"), hint, Alphabet.LETTERS_AND_DIGITS, LENGTH)
        sentence = Text("Each works once. Cross it out afterwards.")
        return Challenge(Prompt(Text("Enter one of your saved codes"), sentence, (field,)), timedelta(minutes=20))

    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        code = fold(answer.get("code", ""))
        unused: dict[str, str] = json.loads(offer.private["unused"])
        tag = self._tag(code)
        found = next((known for known in unused if same(known, tag)), None) if code else None
        if found is None or not matches(unused[found], self._keyed(b"code:", code)):
            return Verdict(False, "wrong")
        left = {known: hashed for known, hashed in unused.items() if known != found}
        return Verdict(True, enrolment=(offer.id, {"unused": json.dumps(left)}))

    def uses_left(self, data: Mapping[str, str]) -> int:
        return len(json.loads(data["unused"]))

    def _keyed(self, purpose: bytes, code: str) -> bytes:
        return keyed(self.settings.pepper, purpose, code)

    def _tag(self, code: str) -> str:
        # Keyed: nobody outside can make a guess that reaches the slow hash and read from the clock that it did.
        return self._keyed(b"tag:", code)[:_TAG_BYTES].hex()

    def _slow_hash(self, code: str, salt: bytes) -> str:
        return slow_hash(self._keyed(b"code:", code), salt)


def fold(typed: str) -> str:
    """The 16 symbols that were meant; empty when it cannot be a saved code."""
    if len(typed) > 4 * LENGTH:
        return ""
    plain = unicodedata.normalize("NFKC", typed).upper().translate(_MEANT)
    kept = "".join(c for c in plain if unicodedata.category(c) not in {"Zs", "Pd", "Cf"})
    return kept if len(kept) == LENGTH and set(SYMBOLS).issuperset(kept) else ""


def _in_fours(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, LENGTH, 4))


@hookimpl
def keyback_methods() -> list[type[Method]]:
    return [SavedCodes]
