"""Own phone and mailbox, from adding to removing: by HTTP, with a real mail server and a real text provider."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pretend_portal import ORIGIN, portal_settings
from servers.adding import OWN_MAIL, OWN_PHONE, signed_in
from servers.doors import doors
from servers.mail_sink import MailSink
from servers.small_house import NEW, SmallHouse, Visit, small_house
from servers.story import Post

from keyback.core.db.session import Database
from keyback.core.portal import EnrolmentPages, create_portal
from keyback.core.service.enrolling.signed_in import SignedIn
from keyback.core.testing import FakeChannel
from keyback.plugins.channels.http_gateway import HttpGateway, HttpGatewaySettings
from keyback.plugins.channels.smtp import Smtp, SmtpSettings


class Nothing(FakeChannel):
    """Carries nothing: the real ones do."""

    media = frozenset()


@dataclass
class Ann:
    """Somebody of whom the directory knows no address, at a browser."""

    house: SmallHouse
    browser: FlaskClient
    who: SignedIn
    post: Post

    def get(self, path: str = "/methods") -> str:
        return str(self.browser.get(path, base_url=ORIGIN).text)

    def send(self, path: str, **fields: str) -> str:
        """Post it, follow where it leads, and let the back office work."""
        form = {"token": self.house.staff.enrolling.form_token(self.who), **fields}
        headers = {"Sec-Fetch-Site": "same-origin"}
        page = self.browser.post(path, base_url=ORIGIN, headers=headers, data=form, follow_redirects=True)
        self.house.work()
        return str(page.text)

    def add(self, method: str, code: str = "", **where: str) -> str:
        """Say where, and type the code that arrives there."""
        self.send("/methods/add", method=method)
        self.send(f"/methods/add/{method}", move="continue", **where)
        code = code or (self.post.text_code(OWN_PHONE) if method == "sms" else self.post.mail_code(OWN_MAIL))
        return self.send(f"/methods/add/{method}", move="continue", code=code)


@pytest.fixture
def ann(database: Database, post: Post) -> Iterator[Ann]:
    mail = {"host": post.mail.host, "port": post.mail.port, "ca_file": str(post.mail.ca_file)}
    by_mail = Smtp(
        SmtpSettings.model_validate(
            mail | {"username": MailSink.username, "password": MailSink.password, "sender": "reset@alderwick.example"}
        )
    )
    near = ("127.0.0.0/8", "::1/128")
    by_text = HttpGateway(
        HttpGatewaySettings(url=post.texts.url, body_kind="form", body="to={to}&text={text}", private_networks=near)
    )
    real: Any = (by_mail, by_text)
    house = small_house(database, methods=real, channel=Nothing())
    house.add("ann", contacts=())
    app, settings = Flask(__name__, static_folder=None), portal_settings(now=house.clock)
    ann = Ann(house, app.test_client(), signed_in(house, "ann"), post)
    app.add_url_rule("/sign-in", "sign_in.start", lambda: "sign in")
    app.add_url_rule("/sign-out", "sign_in.leave", lambda: "sign out")
    methods = EnrolmentPages(house.staff.enrolling, lambda _: ann.who, settings, doors())
    app.register_blueprint(create_portal(house.service, doors(), settings, methods=methods))
    yield ann
    by_mail.close()
    by_text.close()


def prove(visit: Visit, way: str, to: str, post: Post) -> str:
    """By what arrives there; where that stands then."""
    before = post.mail_code(OWN_MAIL) if way == "email" else ""
    offers = {choice.value: choice.method for choice in visit.house.service.choosing.choices(visit.recovery)}
    visit.pick(next(value for value, method in offers.items() if method == way), to)
    visit.house.work()
    code = post.mail_code(OWN_MAIL, after=before) if way == "email" else post.text_code(OWN_PHONE)
    visit.answer(code)
    return str(visit.recovery.stage)


def test_a_phone_and_a_mailbox_are_added_wait_open_the_door_and_are_removed(ann: Ann) -> None:
    assert "Text message is added" in ann.add("sms", region="AT", destination="0664 1234506")
    assert "E-mail is added" in ann.add("email", destination=OWN_MAIL).replace("\N{NON-BREAKING HYPHEN}", "-")
    assert "added to your account" in " ".join(ann.post.mails(OWN_MAIL))
    assert any("was added" in text for text in ann.post.texts_to(OWN_PHONE))
    assert "You could get back in today: no" in ann.get()

    ann.house.clock.forward(hours=72)
    assert "You could get back in today: yes" in ann.get()
    visit = ann.house.start("ann")
    ann.house.work()
    assert prove(visit, "email", "", ann.post) == "choosing"
    assert prove(visit, "sms", "", ann.post) == "renewing"
    visit.renew()
    assert ann.house.opens("ann", NEW)

    ann.who = signed_in(ann.house, "ann")
    for left in (1, 0):
        link = re.findall(r'href="(/methods/remove/[^"]+)">Remove<span class="ear"> (?:Text|E.mail)', ann.get())[0]
        assert "is removed" in ann.send(link, move="remove")
        assert len(re.findall(r'<li data-method="(?:sms|email)"', ann.get())) == left


def test_five_wrong_codes_end_it_and_nothing_is_there(ann: Ann) -> None:
    page = ann.add("sms", code="00000000", region="AT", destination="0664 1234506")
    assert "You can try 4 more times." in page
    for _ in range(4):
        page = ann.send("/methods/add/sms", move="continue", code="00000000")
    assert "This took too long, or was tried too often. Start again." in page
    assert 'data-method="sms"' not in ann.get()
