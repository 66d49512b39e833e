"""The form that knows nothing of anybody: what is the same for all who come alike is made once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace

from flask import render_template

from ..contracts.human_check import Widget
from .language import said, spoken
from .moulds import Moulds
from .prompt_form import Problem
from .settings import PortalSettings

# Human checks that show their data as they are, so that it can be filled in afterwards. A picture's task also stands in
# addresses, and has no sign that would be written otherwise there.
PLAIN = frozenset({"proof_of_work", "picture_and_sound"})


class FirstPage:
    """One template, in every language and with every mistake that people make."""

    def __init__(self, template: str, look: PortalSettings) -> None:
        self._template = template
        self._look = look
        self._moulds = Moulds()

    def show(self, widget: Widget, problems: tuple[Problem, ...], values: Mapping[str, str], **alike: Hashable) -> str:
        """`values` are shown as they are, and no more is asked of them than whether they are empty."""

        def make(gaps: Mapping[str, str]) -> str:
            return render_template(
                self._template,
                problems=problems,
                widget=replace(widget, data={name: gaps[name] for name in widget.data}),
                **alike,
                **{name: gaps[name] for name in values},
            )

        filled = {**widget.data, **values}
        if widget.kind not in PLAIN:
            return make(filled)
        said_so = tuple((problem.field, said(problem.text)) for problem in problems)
        # What the company looks like may change at any moment.
        return self._moulds.page((self._look.brand(), spoken(), widget.kind, said_so, *alike.items()), filled, make)
