"""Keyback as the demo's pretend company asks it, without a network: everybody comes back at once, proven."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime

from keyback.config.demo.client_pages import BACK
from keyback.core.service.enrolling.vouching import Departure, SignedOut, SignInRefused, Vouched

CLAIMS = {
    "sub": "maya",
    "preferred_username": "maya",
    "amr": ["otp", "sms", "mca"],
    "urn:keyback:done": {"purpose": "reset", "at": 1_800_000_000, "accounts": []},
}


class PretendKeyback:
    """Refuses what is an error, and vouches for Maya otherwise."""

    def address_for(self, departure: Departure, language: str) -> str:
        return f"{BACK}?state={departure.state}"

    def vouch(self, answer: Mapping[str, str], departure: Departure, now: datetime) -> Vouched:
        if "error" in answer:
            raise SignInRefused("said-no")
        payload = urlsafe_b64encode(json.dumps(CLAIMS).encode()).decode().rstrip("=")
        return Vouched("https://reset.example", "maya", "maya", now, f"x.{payload}.x")

    def way_out(self, id_token: str) -> str:
        raise NotImplementedError

    def told(self, logout_token: str, now: datetime) -> SignedOut:
        raise NotImplementedError

    def check(self) -> None:
        raise NotImplementedError
