"""Development tokens: signed claims that name a viewer, good on this machine only."""

import re
import time
from collections.abc import Callable, Container, Mapping
from hashlib import sha256
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from hub.access.viewers import PUBLIC, Viewer
from hub.errors import BadToken, NotLoopback, TokenExpired
from hub.settings import LONGEST_TOKEN_SECONDS

AUDIENCE = "hub"
"""Whom our tokens are for."""

_ALGORITHM = "HS256"
_LONGEST_HEADER = 4096
_CACHED = 4096
_SKEW_SECONDS = 60
_TEXT = re.compile(r"[^\x00-\x1f\x7f]{1,200}")

Clock = Callable[[], float]


class DevelopmentTokens:
    """Makes and reads development tokens of the viewers there are.

    `key` is the token key of the keys file; `loopback` says whether the hub listens on this machine only: elsewhere no
    token of this kind is taken. A verified token is kept by its hash until it expires, its viewer is another, or its id
    is among those `revoked`.
    """

    def __init__(
        self,
        key: bytes,
        viewers: Mapping[str, Viewer],
        *,
        loopback: bool,
        revoked: Container[str] = frozenset(),
        clock: Clock = time.time,
        cached: int = _CACHED,
    ) -> None:
        self._key = OctKey.import_key(key)
        self._viewers = viewers
        self._loopback = loopback
        self._revoked = revoked
        self._clock = clock
        self._cached = cached
        self._known: dict[bytes, tuple[Viewer, Viewer]] = {}

    def issue(self, viewer: str, *, subject: str, life_seconds: int = LONGEST_TOKEN_SECONDS) -> str:
        """A token for the viewer, of at most 12 hours. Raises BadToken for an unknown viewer, NotLoopback elsewhere."""
        self._hold_loopback()
        if viewer not in self._viewers or not _TEXT.fullmatch(subject):
            raise BadToken
        now = int(self._clock())
        life = max(1, min(life_seconds, LONGEST_TOKEN_SECONDS))
        claims = {"viewer": viewer, "sub": subject, "jti": uuid4().hex, "iat": now, "exp": now + life, "aud": AUDIENCE}
        return jwt.encode({"alg": _ALGORITHM}, claims, self._key)

    def identify(self, authorization: str | None) -> Viewer:
        """The viewer of an Authorization header; without one, the public.

        Raises BadToken (HUB-401), TokenExpired (HUB-402), NotLoopback (HUB-405).
        """
        if authorization is None:
            return PUBLIC
        mark = sha256(authorization.encode("utf-8", "surrogatepass")).digest()
        kept = self._known.get(mark)
        if kept is None or self._viewers.get(kept[0].name) is not kept[0]:
            kept = self._verified(authorization)
            self._keep(mark, kept)
        viewer = kept[1]
        if viewer.jti in self._revoked:
            self._known.pop(mark, None)
            raise BadToken
        if viewer.exp <= self._clock():
            self._known.pop(mark, None)
            raise TokenExpired
        return viewer

    def _verified(self, authorization: str) -> tuple[Viewer, Viewer]:
        """The viewer as its policy says, and as this token's."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or len(authorization) > _LONGEST_HEADER or not token.isascii():
            raise BadToken
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims
        except (JoseError, ValueError, TypeError, RecursionError):
            # Not chained: what is wrong with a token is nobody's business but its maker's.
            raise BadToken from None
        viewer = self._viewer(claims)
        self._hold_loopback()
        return viewer

    def _viewer(self, claims: Mapping[str, Any]) -> tuple[Viewer, Viewer]:
        subject, jti = claims.get("sub"), claims.get("jti")
        begun, ends = claims.get("iat"), claims.get("exp")
        name = claims.get("viewer")
        if claims.get("aud") != AUDIENCE or not _is_text(subject) or not _is_text(jti) or not _is_text(name):
            raise BadToken
        if type(begun) is not int or type(ends) is not int or not 0 < ends - begun <= LONGEST_TOKEN_SECONDS:
            raise BadToken
        viewer = self._viewers.get(str(name))
        if viewer is None or begun > self._clock() + _SKEW_SECONDS:
            raise BadToken
        return viewer, viewer.carried_by(str(subject), str(jti), ends)

    def _keep(self, mark: bytes, kept: tuple[Viewer, Viewer]) -> None:
        if len(self._known) >= self._cached:
            self._known.pop(next(iter(self._known)))
        self._known[mark] = kept

    def _hold_loopback(self) -> None:
        if not self._loopback:
            raise NotLoopback


def _is_text(value: object) -> bool:
    return isinstance(value, str) and _TEXT.fullmatch(value) is not None
