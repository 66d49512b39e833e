"""What "If you save this" says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.contracts.text import Text
from ..core.recovery.flaws import Flaw
from ..core.recovery.guessing import one_in
from ..core.service.ruling.policy_desk import Review, Risk
from ..core.service.ruling.public_desk import PublicReview
from ..core.service.ruling.simulator import Draft
from ..core.service.ruling.stranded import Compared, Stranded
from .rule_changes import Changes, Line
from .rule_words import of_counted, of_flaw, of_risk, of_weaker


@dataclass(frozen=True, slots=True)
class Odds:
    """The guessing risk of one policy, and what it was; `before` is empty for a new one."""

    policy: str
    now: Text
    before: Text | str
    same: bool


@dataclass(frozen=True, slots=True)
class Look:
    """The panel: what changes, what is wrong, who else must agree, how likely somebody is guessed, who would be
    stranded, and for what somebody must answer."""

    lines: tuple[Line, ...]
    names: Changes
    wrong: tuple[Text, ...] = ()
    second: tuple[Text, ...] = ()
    odds: tuple[Odds, ...] = ()
    reach: Compared | None = None
    flaws: tuple[Flaw, ...] = ()
    answering: tuple[Text, ...] = ()

    @classmethod
    def of(cls, review: Review | PublicReview, changes: Changes, stranded: Stranded, draft: Draft) -> Look:
        """In words. Of rules that cannot be saved anyway nobody needs to know whom they would strand."""
        weaker = review.weaker if isinstance(review, Review) else ()
        risks = review.risks if isinstance(review, Review) else ()
        answering = review.answering if isinstance(review, Review) else ()
        return cls(
            changes.lines(review.differences),
            changes,
            tuple(of_flaw(flaw, changes.methods) for flaw in review.flaws),
            tuple(map(of_weaker, weaker)),
            _odds(risks),
            stranded.compare(draft) if review.differences and not review.flaws else None,
            review.flaws,
            tuple(of_counted(one, changes.methods) for one in answering),
        )


def _odds(risks: Sequence[Risk]) -> tuple[Odds, ...]:
    return tuple(
        Odds(
            risk.policy,
            of_risk(risk.after, one_in(risk.after)),
            "" if risk.before is None else of_risk(risk.before, one_in(risk.before)),
            risk.before is not None and one_in(risk.before) == one_in(risk.after),
        )
        for risk in risks
    )
