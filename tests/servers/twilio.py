"""Twilio's end of the line: takes texts and calls as its contract says, and calls back, signed."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any, Self
from xml.etree import ElementTree as ET

from keyback.core import Callback
from keyback.plugins.channels.twilio import TwilioSettings

from .http_sink import Answer, Asked, HttpSink

ACCOUNT, TOKEN, NUMBER = "AC" + "0f" * 16, "a token that only two know", "+441632960100"
WHEN = "Sun, 22 Nov 2026 09:30:00 +0000"


class Twilio:
    """`with Twilio(folder) as twilio:` — answers well unless `twilio.sink.script` says otherwise."""

    def __init__(self, folder: Path) -> None:
        self.sink = HttpSink(folder)
        self.sink.usual = self._answer
        self._numbers = count(1)

    def __enter__(self) -> Self:
        self.sink.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.sink.__exit__()

    @property
    def pins(self) -> dict[str, object]:
        """What the channel must be told to come here."""
        return {
            "account": ACCOUNT,
            "auth_token": TOKEN,
            "number": NUMBER,
            "base_url": self.sink.url.removesuffix("/send"),
            "private_networks": ["127.0.0.0/8", "::1/128"],
            "ca_file": str(self.sink.ca_file),
        }

    def settings(self, **changed: object) -> TwilioSettings:
        """The same for a channel in this process."""
        return TwilioSettings.model_validate({**self.pins, **changed})

    def calls(self, number: str) -> list[Mapping[str, list[str]]]:
        """The calls to this number, as they were asked for."""
        asked = [one.form for one in list(self.sink.asked) if one.target.endswith("/Calls.json")]
        return [form for form in asked if form["To"] == [number]]

    def _answer(self, asked: Asked) -> Answer:
        sid = f"{next(self._numbers):032x}"
        form = {name: values[0] for name, values in asked.form.items()}
        if asked.verb == "GET":
            return answered(200, {"sid": ACCOUNT, "status": "active", "type": "Full", "friendly_name": "Alderwick"})
        if asked.target.endswith("/Calls.json"):
            return answered(201, {**_made(form), "sid": f"CA{sid}", "direction": "outbound-api"})
        return answered(201, {**_made(form), "sid": f"SM{sid}", "body": form["Body"], "num_segments": "1"})


def _made(form: Mapping[str, str]) -> dict[str, Any]:
    return {
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "date_created": WHEN,
        "date_updated": WHEN,
        "from": form.get("From"),
        "price": None,
        "price_unit": "USD",
        "status": "queued",
        "to": form["To"],
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/x.json",
    }


def answered(status: int, fields: Mapping[str, Any]) -> Answer:
    """As JSON, as everything there is said."""
    return Answer(status, json.dumps(fields).encode(), (("Content-Type", "application/json"),))


def refused(status: int, code: int) -> Answer:
    """Its no, with a sentence that quotes what was sent, as real ones do."""
    words = "The 'To' number +441632960123 is not one that we like."
    more = f"https://www.twilio.com/docs/errors/{code}"
    return answered(status, {"code": code, "message": words, "more_info": more, "status": status})


def signature(url: str, fields: Mapping[str, str], token: str = TOKEN) -> str:
    """What only whoever knows the token can write under this address and these fields."""
    words = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return b64encode(hmac.digest(token.encode(), words.encode(), "sha1")).decode()


def callback(url: str, *, token: str = TOKEN, **fields: str) -> Callback:
    """Signed by Twilio, about a call or a text to this number, unless the fields say otherwise."""
    every = {"AccountSid": ACCOUNT, "To": "+441632960123", "From": NUMBER, **fields}
    return Callback(url, every, {"X-Twilio-Signature": signature(url, every, token)})


def said(script: str) -> list[str]:
    """The words that a call's script would say, in their order."""
    return [each.text or "" for each in ET.fromstring(script).iter("Say")]  # noqa: S314 -- our own words


def key_goes_to(script: str) -> str | None:
    """Where a pressed key is told to; None where none is waited for."""
    gather = ET.fromstring(script).find("Gather")  # noqa: S314
    return gather.get("action") if gather is not None else None
