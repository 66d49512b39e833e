"""create_app(): joins the rooms. The only place that knows all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask

from ..core.portal import (
    AccountPages,
    EnrolmentPages,
    PortalSettings,
    SignInPages,
    create_portal,
    create_sign_in,
    starts_with_request,
)
from ..core.portal.compiled import share_templates
from ..core.portal.timed import Timed
from ..core.service.enrolling.signed_in import SignedIn
from ..core.service.snapshot import Snapshots
from ..core.service.surroundings import Surroundings
from .console import join_console
from .house import House
from .provider import doors_of, provider_of
from .settings import Settings
from .signals import join_signals

# A form of ours is smaller than this; whatever is larger is refused before it is read (L9).
LARGEST_BODY = 64 * 1024
MOST_FORM_PARTS = 50


class App(Flask):
    """Flask, but that it does not look before each hook and each view whether that is a coroutine: none of ours is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is. Eight hooks run for each request, and each look costs as much as a short hook."""
        return func


def create_app(house: House) -> Flask:
    """The pages over a house. Starts nothing: whoever serves them starts the back office."""
    settings = house.settings
    # Its own folder for nothing: Flask would look for one beside the checkout.
    app = share_templates(App("keyback", static_folder=None, instance_path=str(settings.data_dir.absolute())))
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
        MAX_FORM_PARTS=MOST_FORM_PARTS,
        TEMPLATES_AUTO_RELOAD=False,
    )
    Timed(house.around.meter).watch(app)
    doors = doors_of(house)
    look = look_of(settings, house.around, house.snapshots)
    open_pages = partial(
        create_portal, house.staff.service, doors, look, ready=lambda: house.ready, changing=house.staff.changing
    )
    if house.door:
        # Each needs the other: pages ask who is signed in, and signing in asks what comes first.
        def first(who: SignedIn, to: str) -> str:
            return methods.first(who, to)

        sign_in = SignInPages(house.door, look, first)
        app.register_blueprint(create_sign_in(sign_in, look))
        methods = EnrolmentPages(house.staff.enrolling, sign_in.whoever_is_signed_in, look, doors)
        whoever = sign_in.whoever_is_signed_in
        accounts = AccountPages(house.staff.linking, house.staff.enrolling, whoever, look)
        app.register_blueprint(open_pages(methods=methods, accounts=accounts, whoever_is_signed_in=whoever))
    else:
        app.register_blueprint(open_pages())
    app.register_blueprint(provider_of(house, doors, starts_with_request(house.staff.service, doors, look)))
    join_signals(app, house)
    if settings.demo:
        # Imported late: the pretend company signs tokens, with libraries that are 8 MiB in every other server.
        from .demo.opening import open_demo  # noqa: PLC0415

        open_demo(app, house, look)
    if settings.console.url:
        join_console(app, house, look)
    return app


def look_of(settings: Settings, around: Surroundings, snapshots: Snapshots) -> PortalSettings:
    """What the pages need to know of the settings."""
    return PortalSettings(
        brand=lambda: snapshots.current.brand,
        portal_url=settings.portal_url,
        sign_in_url="/sign-in" if settings.sign_in.issuer else "",
        sign_in_store=settings.sign_in.store if settings.sign_in.issuer else "",
        sign_in_first=settings.pages.welcome_first == "sign-in",
        keeps_old_password=frozenset(settings.pages.keeps_old_password),
        secure=settings.secure,
        trusted_proxies=tuple(str(network) for network in settings.trusted_proxies),
        languages=around.languages,
        now=around.now,
        look_again=snapshots.look_again,
    )
