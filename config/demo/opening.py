"""Opens the pretend company beside the portal: joins its pages to the house's stores and outbox."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol, runtime_checkable

from flask import Blueprint, Flask

from ...core.contracts.store import CanTell
from ...core.contracts.text import Secret
from ...core.portal import PortalSettings
from ..house import House
from ..settings import Settings
from .client_pages import BACK, ENTRY, create_client
from .letters import Kept
from .pages import Check, create_demo
from .people import PEOPLE, STAFF, about
from .pretend_calls import press
from .provider_pages import create_provider

SIGN_IN_SECONDS = 5.0


@runtime_checkable
class KeepsMessages(Protocol):
    """A channel that sends nothing and shows everything."""

    def messages(self) -> Sequence[Kept]: ...


def open_demo(app: Flask, house: House, look: PortalSettings) -> None:
    """Register the demo's pages. Only ever called when the settings say `demo`."""
    check = partial(_opens, house)
    app.register_blueprint(
        create_demo(check, lambda: _messages(house), PEOPLE, look, partial(press, house), staff=STAFF)
    )
    app.register_blueprint(_provider(house.settings, check, look))
    app.register_blueprint(_client(house.settings, look))
    # Keyback's own pages get the way to the phone: without it nobody would find their code.
    app.context_processor(lambda: {"bar": "demo/bar.html"})


def _provider(settings: Settings, check: Check, look: PortalSettings) -> Blueprint:
    """The other side of what Keyback was told of it."""
    # Imported late, as in config/sign_in.py: no server but the demo's needs the pretend one.
    from ...idp_bridge.pretend_provider import PretendProvider  # noqa: PLC0415

    told = settings.sign_in
    secret = told.client_secret.get_secret_value()
    back = (f"{settings.origin}/sign-in/callback", f"{settings.origin}/admin/sign-in/callback")
    provider = PretendProvider(told.issuer, told.client_id, secret, back, about)
    return create_provider(check, provider, look)


def _client(settings: Settings, look: PortalSettings) -> Blueprint:
    """The company asks by the very code by which Keyback asks others."""
    from ...idp_bridge.sign_in import Client, SignIn  # noqa: PLC0415

    secret = settings.entries[ENTRY].client_secret.get_secret_value()
    client = Client(
        ENTRY,
        secret,
        redirect_uri=f"{settings.origin}{BACK}",
        after_logout=settings.origin,
        scopes=("openid", "profile"),
        claim="preferred_username",
    )
    return create_client(SignIn(settings.origin, client, plain_http=True), look)


def _opens(house: House, name: str, password: str) -> bool:
    """Whether the pretend company's sign-in page would let them in."""
    context = house.around.context(seconds=SIGN_IN_SECONDS)
    for store in house.snapshots.current.plugins.stores.values():
        account = store.find(name, context)
        if account is not None and isinstance(store, CanTell):
            opens = account.state.enabled and not account.state.locked
            return opens and store.accepts(account, Secret(password), ctx=context) is True
    return False


def _messages(house: House) -> Sequence[Kept]:
    channels = house.snapshots.current.plugins.channels.values()
    return next((channel.messages() for channel in channels if isinstance(channel, KeepsMessages)), ())
