"""What Twilio shall do in a call, in its own markup: say this, wait for a key, ask us again."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

TWIML = "text/xml"
# How long it waits for the key after the last word: people have to take the phone from their ear to find it.
KEY_SECONDS = 10
# The voices that Twilio has for our languages. Whatever else is spoken is left to its usual voice.
_VOICES: Mapping[str, str] = {
    "da": "da-DK", "de": "de-DE", "en": "en-GB", "es": "es-ES", "fi": "fi-FI", "fr": "fr-FR", "it": "it-IT",
    "ja": "ja-JP", "ko": "ko-KR", "nb": "nb-NO", "nl": "nl-NL", "pl": "pl-PL", "pt": "pt-PT", "ru": "ru-RU",
    "sv": "sv-SE", "zh": "zh-CN",
}  # fmt: skip


def ask_for_key(words: str, locale: str, answer_to: str) -> str:
    """Say the words, wait for one key, and ask us what comes next. Without a key the call just ends."""
    response = ET.Element("Response")
    gather = ET.SubElement(
        response,
        "Gather",
        {
            "input": "dtmf",
            "numDigits": "1",
            # It ends a line of digits by "#" unless it is told not to, and then nobody learns that # was pressed.
            "finishOnKey": "",
            "timeout": str(KEY_SECONDS),
            "action": answer_to,
            "method": "POST",
        },
    )
    _say(gather, words, locale)
    return ET.tostring(response, encoding="unicode")


def only_say(words: str, locale: str) -> str:
    """Say the words and hang up."""
    response = ET.Element("Response")
    _say(response, words, locale)
    ET.SubElement(response, "Hangup")
    return ET.tostring(response, encoding="unicode")


def _say(parent: ET.Element, words: str, locale: str) -> None:
    """Each line by itself, with a second between: what is said twice is heard twice."""
    voice = _VOICES.get(locale.partition("-")[0])
    for number, line in enumerate(words.splitlines()):
        if number:
            ET.SubElement(parent, "Pause", {"length": "1"})
        said = ET.SubElement(parent, "Say", {"language": voice} if voice else {})
        # Escaped when it is written, so nobody's name can dial; what XML cannot hold would make it unreadable.
        said.text = "".join(c for c in line if c.isprintable())
