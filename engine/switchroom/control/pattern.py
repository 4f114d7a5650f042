"""Patterns over dotted names, for topics and methods: `*` is one word, a final `>` is one word or more."""

from __future__ import annotations

import re

from ..errors import BadParams

_WORDS = re.compile(r"(?:[a-z0-9_]+|\*)(?:\.(?:[a-z0-9_]+|\*))*(?:\.>)?|>")
_CACHE_MAX = 4_096


class Patterns:
    """A set of patterns; any one of them matching is enough. Answers are remembered: names are few."""

    def __init__(self, *texts: str) -> None:
        """Raises BadParams for what is not a pattern."""
        for text in texts:
            if not _WORDS.fullmatch(text):
                raise BadParams(
                    f"pattern {text!r}: words of a-z, 0-9 and _ joined by dots; * is one word, a final > the rest",
                    field="topics",
                )
        self.texts = texts
        self._regex = re.compile("|".join(map(_regex, texts)) or r"(?!)")
        self._seen: dict[str, bool] = {}

    def match(self, name: str) -> bool:
        found = self._seen.get(name)
        if found is None:
            found = self._regex.fullmatch(name) is not None
            if len(self._seen) < _CACHE_MAX:
                self._seen[name] = found
        return found


def _regex(text: str) -> str:
    words = {"*": r"[^.]+", ">": r".+"}
    return r"\.".join(words.get(word) or re.escape(word) for word in text.split("."))
