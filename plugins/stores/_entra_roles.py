"""Who is an administrator of the tenant: found from the directory, and never guessed where it cannot be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...core import StoreUnavailable, Text
from ._budget import Budget
from ._graph import UNLICENSED, Fields, Graph, Refused

GROUP, ROLE = "#microsoft.graph.group", "#microsoft.graph.directoryRole"


class GroupsUnseen(StoreUnavailable):
    """The application sees that there are groups, and not which of them can hold a role."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The ids of all groups and roles that somebody is in, and whether one of them makes privileged."""

    groups: frozenset[str]
    privileged: bool


def standing(graph: Graph, user_id: str, budget: Budget, *, eligible: bool) -> Standing:
    """Always all questions, whatever the first one brings: how long it takes must not tell who is an administrator.

    Raises StoreUnavailable when one of them cannot be answered.
    """
    member_of = memberships(graph, user_id, budget)
    assigned = assignments(graph, "roleAssignments", user_id, budget)
    could_be = assignments(graph, "roleEligibilitySchedules", user_id, budget) if eligible else ()
    hold = any(one.get("@odata.type") == ROLE or one.get("isAssignableToRole") is True for one in member_of)
    ids = frozenset(str(one["id"]) for one in member_of if "id" in one)
    return Standing(ids, bool(hold or assigned or could_be))


def memberships(graph: Graph, user_id: str, budget: Budget) -> Sequence[Fields]:
    """Groups, roles and units, those within others too. Raises GroupsUnseen."""
    found = tuple(graph.every(f"users/{user_id}/transitiveMemberOf", {"$top": "999"}, budget))
    if any(one.get("@odata.type") == GROUP and one.get("displayName") is None for one in found):
        # Graph shows a group that we may not read, emptied: a null would look like "no".
        raise GroupsUnseen(Text("groups cannot be read: the consent {name} is missing", name="GroupMember.Read.All"))
    return found


def assignments(graph: Graph, kind: str, user_id: str, budget: Budget) -> Sequence[Fields]:
    """Roles that were given to this very user, for the whole tenant or for a part of it."""
    try:
        asked = {"$filter": f"principalId eq '{user_id}'"}
        return tuple(graph.every(f"roleManagement/directory/{kind}", asked, budget))
    except Refused as refused:
        # Without the license for it, nobody can be eligible.
        if refused.code == UNLICENSED:
            return ()
        raise
