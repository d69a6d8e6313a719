"""Persisted queries: a client names a document by its hash, and sends the text only when the hub does not know it."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Protocol

from hub.errors import BadBody, PersistedQueryMismatch, PersistedQueryNotFound
from hub.resolvers.read import Kept

CHARACTERS_KEPT = 2_000_000
"""Characters of all texts that are remembered."""

_HASH = re.compile(r"[0-9a-f]{64}")


class Named(Protocol):
    """What names a document, on any transport."""

    @property
    def query(self) -> str | None: ...
    @property
    def extensions(self) -> dict[str, Any]: ...


class Persisted:
    """Texts by their SHA-256, those used last. Only accepted documents are kept, so junk pushes nothing out."""

    def __init__(self, characters: int = CHARACTERS_KEPT) -> None:
        self._kept: Kept[str, str] = Kept(characters)

    def text(self, asked: Named) -> str:
        """The document's text: the one sent, or the one that was sent under this hash before.

        PersistedQueryNotFound (HUB-116), PersistedQueryMismatch (HUB-117), BadBody (HUB-101) where nothing names one.
        """
        mark = _mark(asked.extensions)
        if mark is None:
            return _sent(asked.query)
        # An empty text is an absent one: some clients cannot leave the member out.
        if asked.query:
            _check(asked.query, mark)
            return asked.query
        text = self._kept.get(mark)
        if text is None:
            raise PersistedQueryNotFound
        return text

    def keep(self, asked: Named) -> None:
        """Remember a text that was sent together with its hash, after it was found to be a document."""
        mark = _mark(asked.extensions)
        if mark is not None and asked.query and self._kept.get(mark) is None:
            self._kept.put(mark, asked.query, len(asked.query))


def _mark(extensions: Mapping[str, Any]) -> str | None:
    """The hash of `persistedQuery: {version: 1, sha256Hash}`; None without it."""
    named = extensions.get("persistedQuery")
    if named is None:
        return None
    if not isinstance(named, dict) or type(named.get("version")) is not int or named["version"] != 1:
        raise PersistedQueryMismatch
    mark = named.get("sha256Hash")
    if not isinstance(mark, str) or not _HASH.fullmatch(mark):
        raise PersistedQueryMismatch
    return mark


def _sent(query: str | None) -> str:
    if query is None:
        raise BadBody
    return query


def _check(text: str, mark: str) -> None:
    if sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != mark:
        raise PersistedQueryMismatch


__all__ = ["Named", "Persisted"]
