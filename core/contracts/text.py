"""Sentences that can be translated, and values that must never be printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping


class Text:
    """A translatable sentence with the values that fill its {gaps}; `str()` gives the English one."""

    __slots__ = ("message", "values")

    def __init__(self, message: str, **values: object) -> None:
        self.message = message
        self.values: Mapping[str, object] = values

    def render(self, translate: Callable[[str], str]) -> str:
        """The sentence in the language that `translate` knows; nested texts are translated too."""
        filled = {
            name: value.render(translate) if isinstance(value, Text) else value for name, value in self.values.items()
        }
        return translate(self.message).format_map(filled)

    def __str__(self) -> str:
        return self.render(lambda message: message)

    def __repr__(self) -> str:
        # The values may hold a code or a number: only the template may reach a log.
        return f"Text({self.message!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Text):
            return NotImplemented
        return self.message == other.message and self.values == other.values

    def __hash__(self) -> int:
        return hash(self.message)


class Secret:
    """A value that prints as dots; `reveal()` is the only way to read it, so that every use can be found."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "••••"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "••••"

    def __reduce__(self) -> str | tuple[object, ...]:
        # A pickled secret would be a secret in a file.
        raise TypeError("a Secret cannot be pickled")
