"""The word that an agent says and the caller's page shows: only whoever sees this very recovery can know it.

It is made of the recovery and not of what was typed. Otherwise whoever only pretends to be the help desk would type the
same name and code before they call, and read the word from the page.
"""

from __future__ import annotations

from ...db.sealing import KeyPurpose, Keyring

# Spelt and said alike in the languages that we speak: agent and caller need not read the same one.
PLACES = tuple(
    "Adelaide Amsterdam Bangkok Barcelona Belfast Bergen Berlin Bilbao Boston Brisbane Budapest Calgary Chicago Dallas "
    "Delhi Denver Dublin Durban Edinburgh Florida Granada Hamburg Hanoi Helsinki Houston Jakarta Lagos Lima Liverpool "
    "London Madrid Malaga Manchester Melbourne Miami Montana Montreal Nairobi Nevada Orlando Osaka Oslo Oxford Panama "
    "Paris Portland Riga Rotterdam Santiago Seattle Sofia Stockholm Sydney Tallinn Texas Toledo Toronto Toulouse "
    "Utrecht Valencia Vancouver Winnipeg Yokohama Zagreb".split()
)


def call_word(keyring: Keyring, recovery_id: str) -> str:
    """One of four thousand; from a key that never rotates, so that it stays the same for as long as they talk."""
    drawn = keyring.mac(KeyPurpose.PSEUDONYM, "call-word", recovery_id)[-2:]
    return "-".join(PLACES[byte % len(PLACES)] for byte in drawn)
