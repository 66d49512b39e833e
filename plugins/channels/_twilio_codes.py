"""What Twilio's numbers and words mean, in its answers and in what it tells later."""

from __future__ import annotations

from collections.abc import Mapping

from ...core import DeliveryFailed
from ...core.outside import refusal

# Only the numbers are promised; the sentences beside them change.
_KINDS: Mapping[int, str] = {
    **dict.fromkeys((20003, 20005, 20404), "credentials"),
    20429: "throttled",
    **dict.fromkeys((13224, 21211, 21217, 21401, 21421), "address"),
    **dict.fromkeys((21614, 30006), "not-mobile"),
    **dict.fromkeys((21215, 21408), "region"),
    **dict.fromkeys((21610, 30004), "opted-out"),
    **dict.fromkeys((21612, 30003, 30005), "not-reachable"),
    **dict.fromkeys((21212, 21603, 21606), "sender"),
    **dict.fromkeys((21219, 21608), "trial"),
    **dict.fromkeys((30007, 30450), "filtered"),
}
_STATES: Mapping[str, str] = {
    **dict.fromkeys(("sent", "ringing"), "sent"),
    **dict.fromkeys(("delivered", "read", "in-progress", "completed"), "delivered"),
    **dict.fromkeys(("failed", "undelivered", "canceled", "busy", "no-answer"), "failed"),
}


def refused(status: int, code: object) -> DeliveryFailed:
    """What its no means, and whether later may help. `code`: its own number for what is wrong, if it gave one."""
    kind = _KINDS.get(code) if isinstance(code, int) else None
    if kind is None or kind == "throttled":
        return refusal(429 if kind else status)
    return DeliveryFailed(kind, retry=False)


def state(fields: Mapping[str, str]) -> tuple[str, str]:
    """How a message or a call stands, as our contract names it, and why it failed."""
    word = fields.get("MessageStatus") or fields.get("CallStatus", "")
    stands, code = _STATES.get(word, ""), fields.get("ErrorCode", "")
    if stands != "failed":
        return stands, ""
    known = _KINDS.get(int(code)) if len(code) == 5 and code.isascii() and code.isdigit() else None
    return stands, known or word
