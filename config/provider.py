"""Joins Keyback's own OpenID Connect to the house: identity providers send people here, and hear what was done."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from flask import Blueprint

from ..core.contracts.entry import Entry
from ..core.contracts.people import Account
from ..core.contracts.plugin import Context
from ..core.service.clients.client_desk import ClientDesk
from ..core.service.clients.client_keys import ClientKeys
from ..core.service.clients.end_at_clients import EndingAtClients
from ..core.service.clients.key_fetching import KIND, KeyFetching
from ..idp_bridge.doors import Doors
from ..idp_bridge.entries import Entries
from ..idp_bridge.provider_pages import ProviderPages, Start, create_provider
from .way_out import way_out

if TYPE_CHECKING:
    from ..idp_bridge.logout_push import LogoutPush
    from ..idp_bridge.token_endpoint import TokenEndpoint
    from .house import House


def doors_of(house: House) -> Doors:
    """Every door by which people come, and the way back."""
    settings = house.settings
    entries = Entries.from_config(settings.entry_tables, lambda: house.snapshots.current.entries)
    starting = house.staff.service.starting
    desk = ClientDesk(records=house.records, around=house.around, sightings=starting.sightings)
    return Doors(entries, desk, settings.origin)


def keys_of(house: House) -> ClientKeys:
    """Which keys sign for clients."""
    return ClientKeys(records=house.records, around=house.around, make=_new_key)


def provider_of(house: House, doors: Doors, start: Start) -> Blueprint:
    """Its pages; what signs is built when the first client asks."""
    return create_provider(ProviderPages(doors, start, _endpoint(house, doors)))


def teach_to_log_out(house: House) -> None:
    """Let the back office tell clients that sessions are over. What signs is built with the first of them."""

    @cache
    def push() -> LogoutPush:
        from ..idp_bridge.logout_push import LogoutPush  # noqa: PLC0415

        return LogoutPush(house.settings.origin, keys_of(house), way_out(house.settings.clients))

    def tell(entry: Entry, account: Account, context: Context) -> None:
        push()(entry, account, context)

    ending = EndingAtClients(ending=house.staff.ending, snapshots=house.snapshots, tell=tell)
    ending.teach(house.staff.office)


def teach_to_fetch_keys(house: House) -> None:
    """Let the back office read the keys that clients publish."""
    office, outside = house.staff.office, cache(lambda: way_out(house.settings.clients))
    fetching = KeyFetching(
        records=house.records, snapshots=house.snapshots, office=office, around=house.around, outside=outside
    )
    office.teach(KIND, fetching.work)
    office.also(fetching.look)


def _endpoint(house: House, doors: Doors) -> Callable[[], TokenEndpoint]:
    @cache
    def build() -> TokenEndpoint:
        from ..idp_bridge.client_proof import ClientProof  # noqa: PLC0415
        from ..idp_bridge.token_endpoint import TokenEndpoint  # noqa: PLC0415

        proof = ClientProof(doors.entries, doors.desk, (doors.issuer, f"{doors.issuer}/token"))
        return TokenEndpoint(doors.issuer, doors.desk, keys_of(house), proof)

    return build


def _new_key() -> tuple[str, bytes]:
    # Imported late, as in config/sign_in.py.
    from ..idp_bridge.keys import new_key  # noqa: PLC0415

    return new_key()
