"""The browser's own pretend device, which makes passkeys and signs with them."""

from __future__ import annotations

from typing import Any

from .demo import Visitor

# As browsers of some years ago: nothing is listed at fields, a passkey is asked for by the button alone.
LISTS_NOTHING = "PublicKeyCredential.isConditionalMediationAvailable = async () => false;"


class VirtualPhone:
    """It belongs to one tab of a visitor's browser. Where that lists passkeys, its owner always chooses at once."""

    def __init__(self, visitor: Visitor, *, lists: bool = False) -> None:
        if not lists:
            visitor.context.add_init_script(LISTS_NOTHING)
        # A device is only asked for the page that somebody looks at.
        visitor.page.bring_to_front()
        self._wire = visitor.context.new_cdp_session(visitor.page)
        self._wire.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
        self._id = self._send("addVirtualAuthenticator", options=options)["authenticatorId"]

    def knows_its_owner(self, knows: bool) -> None:
        """Whether the finger on it is the right one."""
        self._send("setUserVerified", authenticatorId=self._id, isUserVerified=knows)

    def is_at_hand(self, is_there: bool) -> None:
        """Whether somebody answers when it asks."""
        self._send("setAutomaticPresenceSimulation", authenticatorId=self._id, enabled=is_there)

    def holds(self) -> dict[str, Any]:
        """Its only passkey."""
        (passkey,) = self._send("getCredentials", authenticatorId=self._id)["credentials"]
        return dict(passkey)

    def has_signed(self, passkey: dict[str, Any], count: int) -> None:
        """This passkey, as it would be on a device that has signed so often."""
        self._send("clearCredentials", authenticatorId=self._id)
        self._send("addCredential", authenticatorId=self._id, credential={**passkey, "signCount": count})

    def _send(self, what: str, **how: object) -> Any:
        return self._wire.send(f"WebAuthn.{what}", how)
