"""The forms of a console page, as a browser without scripts sends them."""

from __future__ import annotations

import html
import re
from typing import Any

from werkzeug.test import TestResponse


def words(page: TestResponse) -> str:
    """What the page says, without its markup and menu."""
    text = re.sub(r"<(head|nav).*?</\1>", " ", page.text, flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))).replace("’", "'")


def sent(page: TestResponse, action: str, **typed: Any) -> dict[str, Any]:
    """The form of this address as a browser sends it, with these fields filled in otherwise."""
    (form,) = re.findall(rf'<form method="post" action="{action}"[^>]*>(.*?)</form>', page.text, re.DOTALL)[:1]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        if 'type="radio"' in tag or 'type="checkbox"' in tag:
            if " checked" in tag:
                found.setdefault(_of(tag, "name"), []).append(_of(tag, "value"))
        else:
            found.setdefault(_of(tag, "name"), []).append(_of(tag, "value"))
    for name, value in re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        found[name] = html.unescape(value)
    for name, inside in re.findall(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        options = re.findall(r"<option[^>]*>", inside)
        found[name] = _of(next((one for one in options if " selected" in one), options[0]), "value")
    found.pop("token")
    return found | typed


def _of(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""
