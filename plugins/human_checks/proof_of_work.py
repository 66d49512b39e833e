"""Lets the browser work for a second: no third party, no tracking, no puzzle."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

from altcha import Payload, create_challenge, verify_solution
from pydantic import Field as Setting
from pydantic import SecretStr

from ...core import Context, HumanCheck, Humanity, PluginSettings, Text, Widget, hookimpl

FIELD = "proof_of_work"
GOOD_FOR = timedelta(minutes=10)
# Rounds of one try. Few, because we make one try ourselves for each challenge; a browser makes thousands.
ROUNDS = 250
LONGEST_ANSWER = 4096
_TOO_LATE = Text("The check ran out of time. Press Continue again.")


class ProofOfWorkSettings(PluginSettings):
    """How much work, and the key that signs the tasks."""

    key: SecretStr = Setting(
        title="Key", description="Signs the tasks, so that nothing is kept until one is solved.", min_length=32
    )
    tries: int = Setting(
        8000,
        title="Tries",
        description="A browser needs half of them on average: about a second on a phone. More under attack, by itself.",
        ge=1,
        le=1_000_000,
    )


class ProofOfWork(HumanCheck):
    """A number must be found that only trying finds; we know it and keep nothing."""

    key = "proof_of_work"
    label = Text("The browser works for a second")
    fields = frozenset({FIELD})
    remote = False
    Settings = ProofOfWorkSettings
    settings: ProofOfWorkSettings

    def __init__(self, settings: ProofOfWorkSettings) -> None:
        super().__init__(settings)
        self._task_key = self._derived(b"task")
        self._solution_key = self._derived(b"solution")

    def widget(self, ctx: Context, *, effort: int = 1) -> Widget:
        # The number is drawn here, so that the work has an end, and a solution is checked by one MAC.
        number = int.from_bytes(ctx.random(8), "big") % (self.settings.tries * effort)
        until = int((ctx.now + GOOD_FOR).timestamp())
        challenge = create_challenge(
            "PBKDF2/SHA-256",
            ROUNDS,
            counter=number,
            # Not the library's own expiry: it would ask a clock of its own.
            data={"effort": effort, "until": until},
            hmac_secret=self._task_key,
            hmac_key_secret=self._solution_key,
        )
        return Widget(FIELD, {"challenge": json.dumps(challenge.to_dict(), separators=(",", ":"))})

    def judge(self, response: Mapping[str, str], ctx: Context, *, effort: int = 1) -> Humanity:
        payload = _read(response.get(FIELD, ""))
        if payload is None or not self._solved(payload):
            return Humanity(False, reason=_TOO_LATE)
        # Signed by us: what it says can be believed from here on.
        task = payload.challenge.parameters.data or {}
        if task["until"] <= ctx.now.timestamp() or task["effort"] < effort:
            return Humanity(False, reason=_TOO_LATE)
        return Humanity(True, once=str(payload.challenge.signature))

    def _solved(self, payload: Payload) -> bool:
        return verify_solution(payload, self._task_key, hmac_key_secret=self._solution_key).verified

    def _derived(self, purpose: bytes) -> bytes:
        return hmac.digest(self.settings.key.get_secret_value().encode(), b"proof of work: " + purpose, sha256)


def _read(answer: str) -> Payload | None:
    """The answer as the library reads it; None for anything that no page of ours sends."""
    if not answer or len(answer) > LONGEST_ANSWER:
        return None
    try:
        return Payload.from_base64(answer)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


@hookimpl
def keyback_human_checks() -> list[type[HumanCheck]]:
    return [ProofOfWork]
