"""Every stage with every move: where the drawing leads, the code leads; everything else is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import TypeAlias

import pytest
from examples.recoveries import (
    ALL_THREE,
    JO,
    LINKED,
    METHODS,
    NOW,
    POLICY,
    RULES,
    SUBJECT,
    THIRD,
    a_pick,
    a_proof,
    a_recovery,
    an_offer,
    answering,
    outcomes,
    renewing,
    unsettled,
    writing,
)

from keyback.core.contracts.errors import OutOfTurn
from keyback.core.contracts.store import OutcomeKind
from keyback.core.recovery import flow
from keyback.core.recovery.flow import step
from keyback.core.recovery.moves import (
    Cancelled,
    Expired,
    Found,
    Interrupted,
    Joined,
    Looked,
    Missed,
    MoreTime,
    Move,
    NothingToUnlock,
    PasswordAccepted,
    Picked,
    Proved,
    Settled,
    Superseded,
    UnlockOrdered,
    WentBack,
    Wrote,
)
from keyback.core.recovery.policy import ProofRules, Purpose
from keyback.core.recovery.state import Recovery, Sent, Stage

Arrows: TypeAlias = dict[tuple[str, str], set[str]]

PAGE = (Path(flow.__file__).parent / "README.md").read_text(encoding="utf-8")
STAGES = [stage.value for stage in Stage]
LATE = NOW + timedelta(hours=2)
THREE = replace(SUBJECT, policy=replace(POLICY, proof=ProofRules(optional=frozenset(METHODS), at_least=3)))
ONE = replace(SUBJECT, policy=replace(POLICY, proof=ProofRules(optional=frozenset(METHODS), at_least=1)))
ONLY_SMS = replace(SUBJECT, offers=(an_offer("sms"),))
LAST_TRY = answering(subject=None, missed=("sms",) * 4)

# Each stage with whatever a guard looks at.
STANDING: Mapping[Stage, tuple[Recovery, ...]] = {
    Stage.CHOOSING: (
        a_recovery(),
        a_recovery(found=True),
        a_recovery(found=True, subject=SUBJECT, extended=True),
        a_recovery(found=True, subject=THREE, proofs=(a_proof("voice", "one"),)),
        a_recovery(found=True, subject=LINKED),
        a_recovery(used_up=METHODS),
        a_recovery(sent=(Sent("sms", NOW),) * RULES.sends_per_recovery),
    ),
    Stage.ANSWERING: (
        answering(),
        answering(found=False, subject=None),
        answering(subject=None),
        answering(subject=ONE),
        answering(subject=LINKED),
        answering(subject=ONLY_SMS),
        LAST_TRY,
        replace(LAST_TRY, used_up=METHODS[1:]),
        answering(extended=True),
        answering(proofs=(a_proof("email"),)),
    ),
    Stage.RENEWING: (
        renewing(),
        renewing(subject=LINKED),
        renewing(extended=True),
        renewing(proofs=(a_proof("sms"),)),
        renewing(purpose=Purpose.UNLOCK),
    ),
    Stage.WRITING: (writing(), writing(closed_because="superseded"), writing(purpose=Purpose.UNLOCK)),
    Stage.UNSETTLED: (unsettled(), unsettled(closed_because="superseded"), unsettled(purpose=Purpose.UNLOCK)),
    Stage.DONE: (renewing(stage=Stage.DONE, outcomes=outcomes("set", "set")),),
    Stage.CLOSED: (a_recovery(Stage.CLOSED), renewing(stage=Stage.CLOSED), answering(stage=Stage.CLOSED)),
}
# Each move, as its name in the drawing and with whatever a guard looks at.
MOVES: Mapping[str, tuple[Move, ...]] = {
    "Looked": (Looked("openldap", None), Looked("openldap", JO.accounts[0])),
    "Found": (Found(None, "unknown"), Found(SUBJECT)),
    "Joined": (Joined(THIRD.key, ALL_THREE), Joined(THIRD.key, SUBJECT, "gone")),
    "Picked": (Picked(a_pick("sms"), True), Picked(a_pick("saved_codes"), False), Picked(a_pick("email"), True)),
    "WentBack": (WentBack(),),
    "Missed": (Missed(),),
    "Proved": (Proved(a_proof("sms"), an_offer("sms")),),
    "PasswordAccepted": (PasswordAccepted(JO.accounts, POLICY), PasswordAccepted(JO.accounts[:1], POLICY)),
    "UnlockOrdered": (UnlockOrdered(JO.accounts, POLICY), UnlockOrdered(JO.accounts[:1], POLICY)),
    "NothingToUnlock": (NothingToUnlock("not-locked"),),
    "MoreTime": (MoreTime(),),
    "Cancelled": (Cancelled(),),
    "Wrote": tuple(Wrote(outcomes(*kinds)) for kinds in product(OutcomeKind, OutcomeKind)),
    "Interrupted": (Interrupted(),),
    "Settled": tuple(Settled(outcomes("", kind)) for kind in OutcomeKind),
    "Expired": (Expired(),),
    "Superseded": (Superseded(), Superseded("frozen")),
}


def drawn() -> Arrows:
    """The arrows of the drawing."""
    arrows: Arrows = {}
    for start, end, label in re.findall(r"^  (\w+) --> (\w+): (.+)$", PAGE, re.MULTILINE):
        for part in label.split(" / "):
            arrows.setdefault((start, part.split()[0]), set()).add(end)
    return arrows


def tabled() -> Arrows:
    """The arrows of the table."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line[:2] == "| "]
    header, *body = rows
    return {
        (stage, row[0]): set(cell.split(", "))
        for row in body
        for stage, cell in zip(header[1:], row[1:], strict=True)
        if cell
    }


def led(stage: Stage, move: str) -> set[str]:
    """Where the code leads from there by that move, whatever the guards look at."""
    ends = set()
    for recovery, variant, now in product(STANDING[stage], MOVES[move], (NOW, LATE)):
        try:
            ends.add(step(recovery, variant, now)[0].stage.value)
        except OutOfTurn:
            continue
    return ends


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("stage", Stage)
def test_each_move_leads_where_the_drawing_says_and_nowhere_else(stage: Stage, move: str) -> None:
    assert led(stage, move) == drawn().get((stage.value, move), set())


def test_the_table_says_what_the_drawing_says() -> None:
    assert tabled() == drawn()


def test_the_drawing_knows_every_stage_and_every_move() -> None:
    assert {stage for stage, _ in drawn()} == set(STAGES) - {"done", "closed"}
    assert {move for _, move in drawn()} == set(MOVES) == {kind.__name__ for kind in Move.__args__}


def test_every_move_finds_every_stage_standing() -> None:
    assert set(STANDING) == set(Stage)
    assert all(recovery.stage is stage for stage, all_of in STANDING.items() for recovery in all_of)
