"""What all forms of the console have in common."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict
from wtforms import StringField

from keyback.admin.forms import WhyForm, needed
from keyback.core.contracts.text import Text


class NameForm(WhyForm):
    name = StringField("Name", [needed(Text("Type a name."))])


def test_why_is_asked_last_and_missed_last() -> None:
    form = NameForm(MultiDict())
    assert not form.validate()
    assert [str(problem) for field in form for problem in field.errors] == ["Type a name.", "Say why, in one line."]
