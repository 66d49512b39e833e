"""What kind of phone is being added: a landline or a switchboard can be called only, whatever was chosen before."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..contracts.text import Text

TEXT, CALL = "sms", "voice"
FIELDS = ("kind", "check")
MOBILE, OFFICE = "mobile", "office"
KINDS: Mapping[str, Text] = {
    MOBILE: Text("Mobile – text or call"),
    "landline": Text("Landline or second phone – call only"),
    OFFICE: Text("Office phone – call only, with extension"),
}
CHECKS: Mapping[str, Text] = {TEXT: Text("Text me a code"), CALL: Text("Call me – press # and hear the code")}


def choice(key: str, can_add: Collection[str], before: Mapping[str, str]) -> dict[str, object]:
    """What the page asks about the phone. Where only texts, or only calls, can be added there is nothing to choose."""
    if key not in CHECKS or not CHECKS.keys() <= set(can_add):
        return {}
    kind = OFFICE if before.get("extension") else MOBILE
    return {"kinds": KINDS, "kind": kind, "checks": CHECKS, "check": key}


def meant(key: str, typed: Mapping[str, str]) -> str:
    """The method that reaches this phone. Whoever typed an extension has a phone that a text doesn't reach."""
    if key not in CHECKS or "kind" not in typed:
        return key
    if typed["kind"] != MOBILE or typed.get("extension", "").strip():
        return CALL
    return TEXT if typed.get("check") == TEXT else CALL
