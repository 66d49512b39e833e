"""The page that people keep on their phone, and what it says to us. It has no cookie: a phone is known by its key."""

from __future__ import annotations

from pathlib import Path

from flask import jsonify, render_template, request, url_for
from werkzeug.wrappers import Response

from ..contracts.device import Statement
from ..service.enrolling.phones import Phones, Reply
from .assets import Assets
from .for_signed_in import Rule
from .form_body import only, read_form
from .headers import allow_sources
from .language import spoken
from .settings import PortalSettings

# Its worker may act below this address alone, and nothing else of ours is there.
SCOPE = "/phone/"
SAYS = ("device", "words", "signature")
OWN = ("'self'",)


class PhonePages:
    """The page, what makes it an app, and one address for everything that phones say."""

    def __init__(self, phones: Phones, settings: PortalSettings, assets: Assets) -> None:
        self._phones = phones
        self._settings = settings
        self._assets = assets

    def rules(self) -> tuple[Rule, ...]:
        """Address, name, page and verb."""
        return (
            (SCOPE, "phone", self.page, "GET"),
            (f"{SCOPE}say", "phone_say", self.say, "POST"),
            (f"{SCOPE}worker.js", "phone_worker", self.worker, "GET"),
            (f"{SCOPE}app.webmanifest", "phone_manifest", self.manifest, "GET"),
        )

    def page(self) -> Response:
        """The same for everybody: what waits is asked for by its script, with the phone's signature."""
        allow_sources({"manifest-src": OWN, "worker-src": OWN})
        html = render_template("phone.html", page="phone", wake_key=self._phones.wake_key(), now=self._now())
        return Response(html, content_type="text/html; charset=utf-8")

    def say(self) -> Response:
        """What a phone says, and what it is told. Nothing of it is in an address."""
        form = read_form(request, SAYS)
        only(form, SAYS)
        reply = self._phones.hear(Statement(*(form.get(name, "") for name in SAYS)))
        return jsonify(said=reply.said.value, left=reply.left, waiting=self._waiting(reply), now=self._now())

    def worker(self) -> Response:
        """Its own address, not that of a file: a worker may only act below where it comes from."""
        return Response(WORKER, content_type="text/javascript; charset=utf-8")

    def manifest(self) -> Response:
        """What the phone's home screen shows."""
        icon = {"src": self._assets.address("phone-icon.png"), "sizes": "512x512", "type": "image/png"}
        said = jsonify(
            id=SCOPE,
            start_url=url_for("portal.phone"),
            scope=SCOPE,
            name=self._settings.company,
            short_name=self._settings.company,
            lang=spoken(),
            display="standalone",
            background_color="#f2f5f4",
            theme_color="#0b5a70",
            icons=[icon, {**icon, "purpose": "maskable"}],
        )
        said.content_type = "application/manifest+json"
        return said

    def _waiting(self, reply: Reply) -> list[dict[str, object]]:
        now = self._settings.now()
        return [
            {"id": one.id, "account": one.account, "seconds": max(0, round((now - one.asked_at).total_seconds()))}
            for one in reply.waiting
        ]

    def _now(self) -> int:
        return round(self._settings.now().timestamp() * 1000)


WORKER = (Path(__file__).parent / "static" / "phone_worker.js").read_bytes()
