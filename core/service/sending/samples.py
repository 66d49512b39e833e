"""What messages would say under a brand, in every language: made by the methods themselves, and sent to nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ...contracts.brand import Brand
from ...contracts.method import Method
from ...contracts.one_time_code import OneTimeCode
from ...contracts.plugin import Context
from ...contracts.short_text import texts_needed
from ..surroundings import Surroundings

# Recognisable as nobody's.
CODE = "12345678"


@dataclass(frozen=True, slots=True)
class Sample:
    """One message in one language. `texts`: as how many text messages it is paid for; 0 for a mail."""

    language: str
    subject: str
    text: str
    texts: int


def samples(methods: Mapping[str, Method], around: Surroundings, brand: Brand) -> Iterator[Sample]:
    """The codes that go out by text and by mail."""
    for tag in around.languages.names:
        context = replace(around.context(language=tag), company=brand.short_name)
        for method in methods.values():
            if isinstance(method, OneTimeCode) and method.medium in {"sms", "email"}:
                yield _sample(method, tag, context)


def _sample(method: OneTimeCode, tag: str, context: Context) -> Sample:
    subject, text = method.words(CODE, context)
    said = text.render(context.language)
    texts = texts_needed(said) if method.medium == "sms" else 0
    return Sample(tag, subject.render(context.language) if subject else "", said, texts)
