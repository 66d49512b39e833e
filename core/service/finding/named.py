"""Which stores are asked for a name, and whose it is: who types on the server itself may wait for them."""

from __future__ import annotations

from collections.abc import Mapping

from ...contracts.errors import Ambiguous, NotAllowed
from ...contracts.people import Account
from ...contracts.text import Text
from ...recovery.names import searchable
from ..snapshot import Snapshot, Snapshots
from ..surroundings import Surroundings

FIND_SECONDS = 8.0
NAME = Text("Enter your work e-mail or user name")
ORGANISATION = Text("Choose your organisation")


def searched(name: str, snapshot: Snapshot, around: Surroundings) -> tuple[str, tuple[str, ...]]:
    """What is looked for, and in which stores. Raises ValueError for what can be nobody's name.

    The stores go by what was typed: a NetBIOS name is a realm too, though no directory is asked for it.
    """
    return searchable(name, netbios=around.netbios), snapshot.stores_for(name, around.realms)


def organisations(snapshot: Snapshot, around: Surroundings) -> Mapping[str, str]:
    """What people choose from beside their name, and the store of each; nothing where there is no choice."""
    there = {name: store for name, store in around.organisations.items() if store in snapshot.plugins.stores}
    return there if len({*there.values()}) > 1 else {}


def typed(name: str, organisation: str, snapshot: Snapshot, around: Surroundings) -> tuple[str, tuple[str, ...]]:
    """The same for whoever types at a page. Raises NotAllowed by what was typed alone, whoever has that name (P4)."""
    try:
        asked, stores = searched(name, snapshot, around)
    except ValueError as error:
        raise NotAllowed(NAME) from error
    choices = organisations(snapshot, around)
    # A realm that one store claims says it already, and says more than a list in which somebody slipped.
    if not choices or len(stores) == 1:
        return asked, stores
    if organisation not in choices:
        raise NotAllowed(ORGANISATION, {"organisation": ORGANISATION})
    return asked, (choices[organisation],)


def account_named(name: str, snapshots: Snapshots, around: Surroundings) -> Account:
    """The one account of this name. Raises NotAllowed when it is nobody's or several people's."""
    context = around.context(seconds=FIND_SECONDS)
    try:
        asked, stores = searched(name, snapshots.current, around)
        plugins = snapshots.current.plugins.stores
        found = [account for key in stores if (account := plugins[key].find(asked, context)) is not None]
    except (Ambiguous, ValueError):
        raise NotAllowed(Text("This name means several people, or cannot be a name")) from None
    if len(found) != 1:
        raise NotAllowed(Text("Nobody, or more than one person, has this name"))
    return found[0]
