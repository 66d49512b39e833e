"""Values as JSON and back, exactly: recoveries, policies, public rules, and the sentences inside them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, TypeAdapter
from pydantic_core import CoreSchema, core_schema

from ..contracts.people import Person
from ..contracts.question_set import QuestionSet
from ..contracts.text import Secret, Text
from ..recovery.changing import Change
from ..recovery.decoys import Shapes
from ..recovery.policy import Policy, PublicRules
from ..recovery.reach import Having
from ..recovery.renewals import Standing
from ..recovery.state import Recovery
from .begun import Begun


def text_to_json(text: Text) -> dict[str, Any]:
    """A sentence, and whatever stands in its gaps; never flattened, so that it can still be said in any language."""
    values = {name: _to_json(value) for name, value in text.values.items()}
    plural = {"many": text.many} if text.many else {}
    own = {"words": dict(text.words)} if text.words else {}
    return {"message": text.message, **plural, "values": values, **own}


def _to_json(value: object) -> object:
    match value:
        case Text():
            return {"text": text_to_json(value)}
        case datetime():
            return {"at": value.isoformat()}
        case timedelta():
            return {"micros": value // timedelta(microseconds=1)}
        case None | bool() | int() | float() | str():
            return value
    raise TypeError(f"a sentence cannot hold a {type(value).__name__}")


def text_from_json(value: object) -> Text:
    """The same sentence again. Raises ValueError."""
    match value:
        case Text():
            return value
        case {"message": str(message), "values": dict(values), **more}:
            text = Text(message)
            text.many, words = str(more.get("many", "")), more.get("words")
            text.words = words if isinstance(words, dict) else {}
            text.values = {name: _from_json(inner) for name, inner in values.items()}
            return text
    raise ValueError("not a sentence")


def _from_json(value: object) -> object:
    match value:
        case {"text": inner}:
            return text_from_json(inner)
        case {"at": moment}:
            return datetime.fromisoformat(moment)
        case {"micros": count}:
            return timedelta(microseconds=count)
    return value


def _text_schema(*_: object) -> CoreSchema:
    serialization = core_schema.plain_serializer_function_ser_schema(text_to_json)
    return core_schema.no_info_plain_validator_function(text_from_json, serialization=serialization)


def _secret(value: object) -> Secret:
    return value if isinstance(value, Secret) else Secret(str(value))


# For what goes from one process of this server to another, and into no table.
Passed = Annotated[Secret, PlainValidator(_secret), PlainSerializer(Secret.reveal)]

# Contracts know nothing of tables, so the way in which pydantic keeps a sentence is lent to it here.
setattr(Text, "__get_pydantic_core_schema__", staticmethod(_text_schema))  # noqa: B010

CHANGE: TypeAdapter[Change] = TypeAdapter(Change)
QUESTION_SET: TypeAdapter[QuestionSet] = TypeAdapter(QuestionSet)
QUESTION_SETS: TypeAdapter[tuple[QuestionSet, ...]] = TypeAdapter(tuple[QuestionSet, ...])
RECOVERY: TypeAdapter[Recovery] = TypeAdapter(Recovery)
HAVING: TypeAdapter[Having] = TypeAdapter(Having)
BEGUN: TypeAdapter[Begun] = TypeAdapter(Begun)
PERSON: TypeAdapter[Person] = TypeAdapter(Person)
POLICY: TypeAdapter[Policy] = TypeAdapter(Policy)
POLICIES: TypeAdapter[tuple[Policy, ...]] = TypeAdapter(tuple[Policy, ...])
PUBLIC_RULES: TypeAdapter[PublicRules] = TypeAdapter(PublicRules)
SHAPES: TypeAdapter[Shapes] = TypeAdapter(Shapes)
STANDING: TypeAdapter[Standing] = TypeAdapter(Standing)
STRINGS: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])
