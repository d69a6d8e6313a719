"""Sealed values: encrypted with keys that have ids, bound to their place, and matched by keyed hashes."""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.errors import BadConfiguration, BrokenSeal, KeysMissing
from hub.rules import wording
from hub.store.folders import private

AES, SM4 = "AES-256-GCM", "SM4-GCM"
CIPHERS: Mapping[str, int] = {AES: 32, SM4: 16}
"""The ciphers there are, and the bytes of their keys."""

_NONCE, _TAG = 12, 16
_SECRET_BYTES = 32
_OTHERS_BITS = 0o077
_HASHES_KEPT = 4096


@dataclass(frozen=True, slots=True)
class SealingKey:
    """One key by the cipher it is for."""

    cipher: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keys:
    """What a keys file holds: sealing keys by id, the one in use, and the secrets of hashes and of tokens."""

    current: str
    sealing: Mapping[str, SealingKey]
    hashing: bytes = field(repr=False)
    signing: bytes = field(repr=False)


class Seal:
    """Closes, opens and hashes values. A sealed text is `<key id>.<nonce, ciphertext and tag>`."""

    def __init__(self, keys: Keys) -> None:
        self._current = keys.current
        self._hashing = keys.hashing
        # A party's identity is hashed to link its case, to find the party and to store it.
        self.hashed = lru_cache(_HASHES_KEPT)(self._hashed)
        self._boxes = {name: _BOXES[key.cipher](key.secret) for name, key in keys.sealing.items()}

    def close(self, text: str, context: str) -> str:
        """The text encrypted under the key in use; it opens only with the same context."""
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._boxes[self._current].encrypt(nonce, text.encode(), context.encode())
        return f"{self._current}.{base64.urlsafe_b64encode(sealed).decode()}"

    def open(self, token: str, context: str) -> str:
        """The text again; BrokenSeal when it was changed, belongs elsewhere or its key is gone."""
        name, _, coded = token.partition(".")
        box = self._boxes.get(name)
        try:
            sealed = base64.b64decode(coded, altchars=b"-_", validate=True)
            # Spare bits of the last character would let two texts open alike.
            if box is None or len(sealed) < _NONCE + _TAG or base64.urlsafe_b64encode(sealed) != coded.encode():
                raise BrokenSeal
            return box.decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode()).decode()
        except (binascii.Error, InvalidTag, ValueError):
            raise BrokenSeal from None

    def _hashed(self, kind: str, text: str) -> str:
        """What the value is matched by: 64 hex digits, the same for every spelling of it (`wording.plain`)."""
        return hmac.digest(self._hashing, f"{kind}\0{wording.plain(kind, text)}".encode(), hashlib.sha256).hex()

    def fingerprint(self, text: str) -> str:
        """What the very text is known again by, character by character: 64 hex digits."""
        return hmac.digest(self._hashing, f"text\0{text}".encode(), hashlib.sha256).hex()


def context_of(table: str, member: str, id_: str) -> str:
    """Where a sealed value belongs: a value copied to another row, column or table does not open there."""
    return f"{table}.{member}.{id_}"


def new_keys(cipher: str = AES) -> Keys:
    """Fresh keys; the first sealing key has the id `k1`."""
    return Keys("k1", {"k1": _new_key(cipher)}, secrets.token_bytes(_SECRET_BYTES), secrets.token_bytes(_SECRET_BYTES))


def with_new_key(keys: Keys, cipher: str = AES) -> Keys:
    """The same keys and one more, which seals from now on; what older ones sealed still opens."""
    name = f"k{1 + max(int(known[1:]) for known in keys.sealing)}"
    return Keys(name, {**keys.sealing, name: _new_key(cipher)}, keys.hashing, keys.signing)


def read_keys(file: Path) -> Keys:
    """The keys of a file that only its owner may read.

    KeysMissing when there is none; BadConfiguration when others could read it or it holds something else.
    """
    try:
        content = file.read_bytes()
        open_to_others = file.stat().st_mode & _OTHERS_BITS
    except OSError:
        raise KeysMissing from None
    if open_to_others:
        raise BadConfiguration(reason=f"{file.name} must have mode 600")
    try:
        return _from_document(orjson.loads(content))
    except (ValueError, TypeError, KeyError, AttributeError):
        # The chain would show the file's content.
        raise BadConfiguration(reason=f"{file.name} is not a keys file") from None


def write_keys(file: Path, keys: Keys) -> None:
    """A new file that only its owner may read, on the disk when this returns. Never over an existing one."""
    private(file.parent)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadConfiguration(reason=f"{file.name} exists already") from None
    _write(descriptor, keys)


def replace_keys(file: Path, keys: Keys) -> None:
    """The file with other keys in it: the old ones or the new ones, whenever the power goes."""
    beside = file.with_name(f"{file.name}.new")
    beside.unlink(missing_ok=True)
    _write(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), keys)
    beside.replace(file)


def _write(descriptor: int, keys: Keys) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(orjson.dumps(_document(keys), option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())


def _new_key(cipher: str) -> SealingKey:
    if cipher not in CIPHERS:
        raise BadConfiguration(reason=f"keys.cipher is one of {', '.join(CIPHERS)}")
    return SealingKey(cipher, secrets.token_bytes(CIPHERS[cipher]))


def _document(keys: Keys) -> dict[str, Any]:
    sealing = {name: {"cipher": key.cipher, "key": _coded(key.secret)} for name, key in keys.sealing.items()}
    return {
        "current": keys.current,
        "sealing": sealing,
        "hashing": _coded(keys.hashing),
        "signing": _coded(keys.signing),
    }


def _from_document(document: Any) -> Keys:
    sealing = {name: SealingKey(said["cipher"], _decoded(said["key"])) for name, said in document["sealing"].items()}
    keys = Keys(document["current"], sealing, _decoded(document["hashing"]), _decoded(document["signing"]))
    whole = all(len(key.secret) == CIPHERS[key.cipher] and name[1:].isdigit() for name, key in sealing.items())
    if not whole or keys.current not in sealing or min(len(keys.hashing), len(keys.signing)) < _SECRET_BYTES:
        raise ValueError
    return keys


def _coded(secret: bytes) -> str:
    return base64.b64encode(secret).decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


class _Sm4Gcm:
    """SM4 (GB/T 32907) in GCM, with the interface that AES has in the library."""

    def __init__(self, secret: bytes) -> None:
        self._algorithm = algorithms.SM4(secret)

    def encrypt(self, nonce: bytes, data: bytes, context: bytes) -> bytes:
        encryptor = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(context)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, context: bytes) -> bytes:
        decryptor = Cipher(self._algorithm, modes.GCM(nonce, data[-_TAG:])).decryptor()
        decryptor.authenticate_additional_data(context)
        return decryptor.update(data[:-_TAG]) + decryptor.finalize()


_BOXES: Mapping[str, Callable[[bytes], AESGCM | _Sm4Gcm]] = {AES: AESGCM, SM4: _Sm4Gcm}
