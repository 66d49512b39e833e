"""What a client hears that gets nothing, in the words of RFC 6749 and RFC 6750."""

from __future__ import annotations


class Refused(Exception):
    """`error` is all that it hears: more would help whoever tries."""

    status = 400
    challenge = ""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class UnknownClient(Refused):
    """Nobody of ours, or without proof: told alike, or a stranger would learn which clients there are."""

    status = 401
    challenge = "Basic"

    def __init__(self) -> None:
        super().__init__("invalid_client")


class UnknownToken(Refused):
    """One that never was, or that is over."""

    status = 401
    challenge = 'Bearer error="invalid_token"'

    def __init__(self) -> None:
        super().__init__("invalid_token")
