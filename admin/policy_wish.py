"""What a page wants done to the list of policies, rebuilt from what was sent whenever it is looked at or saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from werkzeug.datastructures import MultiDict

from ..core.recovery.policy import Policy
from ..core.recovery.policy_order import moved, without

Policies = tuple[Policy, ...]
Sent = MultiDict[str, str]
# What never goes from one page into the next: each page has its own.
OWN = {"token", "why", "press", "organisation"}
MOST_DIGITS = 9
# What stands on a page beside its form.
WISHED = ("do", "policy", "number", "after", "press")


class Do(StrEnum):
    """The kinds of change."""

    POLICY = "policy"
    UP = "up"
    DOWN = "down"
    DELETE = "delete"
    VERSION = "version"


@dataclass(frozen=True, slots=True)
class Wish:
    """A change of the list: what, of which policy or version, and made from which version."""

    do: Do
    policy: str
    number: int
    after: int
    sent: Mapping[str, list[str]]

    @classmethod
    def read(cls, sent: Sent) -> Wish | None:
        """None for what no page of ours sends."""
        if sent.get("do") not in list(Do):
            return None
        kept = {name: values for name, values in sent.lists() if name not in OWN}
        return cls(Do(sent["do"]), sent.get("policy", ""), number(sent, "number"), number(sent, "after"), kept)

    def hidden(self, after: int) -> list[tuple[str, str]]:
        """The same for the next page, made from that version."""
        pairs = [(name, value) for name, values in self.sent.items() for value in values if name != "after"]
        return [*pairs, ("after", str(after))]


def number(sent: Mapping[str, str], name: str) -> int:
    """A number that a page of ours sent; 0 for anything else."""
    typed = sent.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= MOST_DIGITS else 0


def rearranged(wish: Wish, policies: Policies) -> Policies:
    """The list after a change that needs no form."""
    match wish.do:
        case Do.UP:
            return moved(policies, wish.policy, -1)
        case Do.DOWN:
            return moved(policies, wish.policy, 1)
        case Do.DELETE:
            return without(policies, wish.policy)
    return policies
