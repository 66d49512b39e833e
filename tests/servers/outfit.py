"""What a test server is fitted out with: a directory, a mail server and a text provider that are all real."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .http_sink import HttpSink
from .keyback import Keyback
from .mail_sink import MailSink
from .slapd import PEOPLE, Slapd
from .story import Post, Story

# The sign-in page that sends people here, and the one address of it to which they may be sent back.
HOME, LISTED = "https://sign-in.alderwick.example/", "https://sign-in.alderwick.example/back?from=reset"
ENTRIES = {"alderwick": {"name": "Alderwick", "home_url": HOME, "return_urls": [LISTED]}}
# Nobody waits for a robot check here: what it costs is tested where it is made.
SWIFT = {"human_check.proof_of_work": {"tries": 8}}


@contextmanager
def running_post(folder: Path) -> Iterator[Post]:
    """A mail server and a text provider; the folder is for certificates."""
    with MailSink(folder / "mail") as mail, HttpSink(folder / "texts", secure=False) as provider:
        yield Post(mail, provider)


def pins(post: Post, slapd: Slapd, **ldap: object) -> dict[str, dict[str, Any]]:
    """Plugin settings for `Keyback`: `post_pins`, and OpenLDAP over TLS."""
    return {"store.openldap": slapd.settings(**ldap), **post_pins(post)}


def post_pins(post: Post) -> dict[str, dict[str, Any]]:
    """Plugin settings for `Keyback`: mail with STARTTLS and a sign-in, texts over HTTP."""
    return {
        "channel.smtp": {
            "host": post.mail.host, "port": post.mail.port, "security": "starttls", "ca_file": str(post.mail.ca_file),
            "username": MailSink.username, "password": MailSink.password, "sender": "reset@alderwick.example",
        },
        "channel.http_gateway": {
            "url": post.texts.url, "body_kind": "form", "body": "to={to}&text={text}",
            "private_networks": ["127.0.0.0/8", "::1/128"],
        },
    }  # fmt: skip


def a_story(keyback: Keyback, post: Post, slapd: Slapd, **attributes: object) -> Story:
    """A new person in the directory, at a browser."""
    person = slapd.person(**attributes)  # type: ignore[arg-type]
    (phone,) = slapd.read(person.dn, "mobile")["mobile"]
    return Story.of(keyback, post, person.uid, phone=phone if isinstance(phone, str) else phone.decode())


def opens(slapd: Slapd, story: Story, password: str) -> bool:
    """Whether the directory itself lets this person in."""
    code, _ = slapd.bind(f"uid={story.name},{PEOPLE}", password)
    return code == 0
