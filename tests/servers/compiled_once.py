"""Nearly every test has an application of its own: what all of them compile alike is compiled once in each process."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from keyback.core.portal.compiled import Compiled


def compile_once() -> None:
    """Templates, and how addresses are built: without this, three quarters of a console's test."""
    Flask.jinja_options = {"bytecode_cache": Compiled()}
    _remember_builders()


def _remember_builders() -> None:
    compile_builder, known = Rule._compile_builder, dict[Hashable, Callable[..., Any]]()

    def remembered(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        # All that werkzeug makes one of.
        made_of = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
        if made_of not in known:
            known[made_of] = compile_builder(rule, append_unknown)
        return known[made_of]

    Rule._compile_builder = remembered
