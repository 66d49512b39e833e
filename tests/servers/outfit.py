"""What a test server is fitted out with: a directory, a mail server and a text provider that are all real."""

from __future__ import annotations

from typing import Any

from .mail_sink import MailSink
from .slapd import Slapd
from .story import Post


def pins(post: Post, slapd: Slapd, **ldap: object) -> dict[str, dict[str, Any]]:
    """Plugin settings for `Keyback`: mail with STARTTLS and a sign-in, texts over HTTP, OpenLDAP over TLS."""
    return {
        "store.openldap": slapd.settings(**ldap),
        "channel.smtp": {
            "host": post.mail.host, "port": post.mail.port, "security": "starttls", "ca_file": str(post.mail.ca_file),
            "username": MailSink.username, "password": MailSink.password, "sender": "reset@alderwick.example",
        },
        "channel.http_gateway": {"url": post.texts.url, "body_kind": "form", "body": "to={to}&text={text}"},
    }  # fmt: skip
