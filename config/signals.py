"""Joins the transmitter of shared signals to the house, where it is enabled."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from flask import Flask

from ..core.service.clients.signal_desk import SignalDesk
from ..core.service.clients.signal_post import Brought, SignalPost
from ..core.service.clients.signal_streams import Queued, Registered, Streams
from ..idp_bridge.push_hosts import PushHosts
from ..idp_bridge.signal_pages import SignalPages, create_transmitter
from .provider import keys_of
from .way_out import way_out

if TYPE_CHECKING:
    from ..idp_bridge.signal_push import Pushing, Signing
    from .house import House


def join_signals(app: Flask, house: House) -> None:
    """Its pages, for receivers; none where nobody may hear anything."""
    if not house.settings.signals.enabled:
        return
    streams = Streams(records=house.records, around=house.around, may_push_to=_hosts_of(house))

    def sign(who: Registered, queued: Queued) -> str:
        return _signing_of(house)(who, queued)

    app.register_blueprint(create_transmitter(SignalPages(streams, house.settings.origin, sign)))


def teach_to_push(house: House) -> None:
    """Let the back office bring signals to those who are pushed to. What signs is built with the first of them."""

    @cache
    def pushing() -> Pushing:
        from ..idp_bridge.signal_push import Pushing  # noqa: PLC0415

        return Pushing(_signing_of(house), _hosts_of(house), way_out(house.settings.signals))

    def bring(who: Registered, queued: Queued) -> Brought:
        return pushing()(who, queued)

    office = house.staff.office
    post = SignalPost(records=house.records, office=office, around=house.around, bring=bring)
    office.teach("signals", post.work)
    office.also(post.look)


def signal_desk_of(house: House) -> SignalDesk:
    """What the console's screen talks to."""
    return SignalDesk(records=house.records, around=house.around, may_push_to=_hosts_of(house))


def _hosts_of(house: House) -> PushHosts:
    return PushHosts(house.settings.signals.push_hosts, plain_http=house.settings.demo)


def _signing_of(house: House) -> Signing:
    # Imported late, as in config/provider.py.
    from ..idp_bridge.signal_push import Signing  # noqa: PLC0415

    return Signing(keys_of(house), house.settings.origin)
