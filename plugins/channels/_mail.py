"""A mail as bytes, from parts that were made once: filling them in costs a hundredth of building each mail anew."""

from __future__ import annotations

import html
import re
from base64 import encodebytes
from binascii import b2a_qp
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from ...core import Attachment, Context, Message

# Needs no quoting, folding or encoding in a header, and is never taken for an encoded word.
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/^_`{|}~-]+)*@[A-Za-z0-9.-]+", re.ASCII)
_PLAIN_WORDS = re.compile(r"(?!.*=\?)[\x21-\x7e]([\x20-\x7e]{0,64}[\x21-\x7e])?", re.ASCII)
# In quoted-printable an equals sign is never followed by an underscore, so no words can end a part.
_BOUNDARY = "=_part"
_PART = (
    "--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
)
# Around all of it where a file goes with it.
_OUTER = "=_mail"
_TEXT, _HTML = (_PART.format(boundary=_BOUNDARY, kind=kind).encode() for kind in ("plain", "html"))
_ALTERNATIVE = f'multipart/alternative; boundary="{_BOUNDARY}"'
_END = f"\r\n--{_BOUNDARY}--\r\n".encode()


@dataclass(frozen=True, slots=True)
class Letter:
    """What is handed to the mail server. `wide`: an address that only SMTPUTF8 can carry."""

    id: str
    to: str = field(repr=False)
    raw: bytes = field(repr=False)
    wide: bool


class Stationery:
    """Everything of a mail that is the same for everybody."""

    def __init__(self, sender: str, sender_name: str, reply_to: str) -> None:
        fixed = EmailMessage(SMTP)
        fixed["From"] = _address(sender, sender_name)
        if reply_to:
            fixed["Reply-To"] = _address(reply_to)
        # Nobody's holiday answer should come back, nor go anywhere else.
        fixed["Auto-Submitted"] = "auto-generated"
        fixed["X-Auto-Response-Suppress"] = "All"
        fixed["MIME-Version"] = "1.0"
        fixed["Content-Type"] = _ALTERNATIVE
        self._head = _lines(fixed)
        self._domain = wire(sender).rpartition("@")[2]

    def written(self, message: Message, to: str, ctx: Context) -> Letter:
        """One mail to one person, as text with an HTML twin. `to` is one address."""
        to, letter_id = wire(to), f"<{ctx.random(16).hex()}@{self._domain}>"
        text = "\n".join(map(one_line, str(message.text).split("\n")))
        head = [
            self._head,
            f"To: {to}\r\n".encode() if _PLAIN_ADDRESS.fullmatch(to) else _folded("To", _address(to)),
            _subject(one_line(str(message.subject or ctx.company))),
            f"Date: {format_datetime(ctx.now)}\r\nMessage-ID: {letter_id}\r\n".encode(),
            f"Content-Language: {one_line(ctx.locale)}\r\n\r\n".encode("ascii", "replace"),
        ]
        parts = [_TEXT, _quoted(text), b"\r\n" + _HTML, _quoted(_twin(text, ctx.locale)), _END]
        raw = b"".join(head + parts)
        return Letter(letter_id, to, _with(message.attachment, raw) if message.attachment else raw, not to.isascii())


def _with(attachment: Attachment, raw: bytes) -> bytes:
    """The same mail with a file behind it: what it was becomes the first of two parts."""
    head, _, body = raw.partition(b"\r\n\r\n")
    mixed = head.replace(_ALTERNATIVE.encode(), f'multipart/mixed; boundary="{_OUTER}"'.encode())
    named = f'Content-Disposition: attachment; filename="{attachment.name}"'
    first = f"--{_OUTER}\r\nContent-Type: {_ALTERNATIVE}\r\n\r\n".encode()
    second = f"--{_OUTER}\r\nContent-Type: {attachment.kind}\r\n{named}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    file = encodebytes(attachment.content).replace(b"\n", b"\r\n")
    return b"".join((mixed, b"\r\n\r\n", first, body, second.encode(), file, f"--{_OUTER}--\r\n".encode()))


def wire(address: str) -> str:
    """With the domain's name in ASCII, as servers without SMTPUTF8 want it."""
    if address.isascii():
        return address
    user, _, domain = address.rpartition("@")
    try:
        return f"{user}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


def one_line(text: str) -> str:
    """Without anything that could end a header or cannot be encoded."""
    return (text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)).strip()


def _quoted(text: str) -> bytes:
    # 7-bit, with short lines: not every server on the way takes more.
    return b2a_qp(text.rstrip("\n").replace("\n", "\r\n").encode() + b"\r\n")


def _twin(text: str, locale: str) -> str:
    """The same words as HTML: nothing to load, nothing to click."""
    paragraphs = [html.escape(part).replace("\n", "<br>") for part in text.split("\n\n")]
    body = "\n".join(f"<p>{part}</p>" for part in paragraphs)
    return f'<!doctype html>\n<html lang="{html.escape(locale)}"><meta charset="utf-8"><body>\n{body}\n</body></html>\n'


def _subject(words: str) -> bytes:
    return f"Subject: {words}\r\n".encode() if _PLAIN_WORDS.fullmatch(words) else _folded("Subject", words)


def _folded(name: str, value: str | Address) -> bytes:
    """A header that needs the library: it encodes, quotes and folds."""
    wide = isinstance(value, Address) and not value.username.isascii()
    mail = EmailMessage(SMTPUTF8 if wide else SMTP)
    mail[name] = value
    return _lines(mail)


def _lines(mail: EmailMessage) -> bytes:
    """Its headers, without the empty line that ends them."""
    return bytes(mail).partition(b"\r\n\r\n")[0] + b"\r\n"


def _address(address: str, name: str = "") -> Address:
    user, _, domain = wire(address).rpartition("@")
    return Address(name, user, domain)
