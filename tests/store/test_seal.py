"""Sealed values: what opens them, what breaks them, and where their keys are kept."""

import stat
from pathlib import Path

import pytest

from hub.errors import BadConfiguration, BrokenSeal, KeysMissing
from hub.store.seal import (
    AES,
    CIPHERS,
    SM4,
    Keys,
    Seal,
    SealingKey,
    context_of,
    new_keys,
    read_keys,
    replace_keys,
    with_new_key,
    write_keys,
)

HERE = context_of("parties", "identity", "party_1")
NUMBER = "370402199001010016"


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("text", ["", NUMBER, "长" * 5000, "😀\x01\n"])
def test_a_sealed_value_opens_again(cipher: str, text: str) -> None:
    seal = Seal(new_keys(cipher))

    closed = seal.close(text, HERE)

    assert seal.open(closed, HERE) == text
    assert closed.isascii()
    assert NUMBER not in closed


def test_sealing_twice_gives_two_texts() -> None:
    seal = Seal(new_keys())

    assert seal.close(NUMBER, HERE) != seal.close(NUMBER, HERE)


@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_value_opens_in_its_own_place_only(cipher: str) -> None:
    seal = Seal(new_keys(cipher))
    closed = seal.close(NUMBER, HERE)

    for elsewhere in (context_of("parties", "identity", "party_2"), context_of("parties", "phone", "party_1"), ""):
        with pytest.raises(BrokenSeal):
            seal.open(closed, elsewhere)


@pytest.mark.parametrize("cipher", CIPHERS)
def test_every_changed_character_breaks_the_seal(cipher: str) -> None:
    seal = Seal(new_keys(cipher))
    closed = seal.close(NUMBER, HERE)

    for place in range(len(closed)):
        changed = closed[:place] + ("A" if closed[place] != "A" else "B") + closed[place + 1 :]
        with pytest.raises(BrokenSeal):
            seal.open(changed, HERE)


@pytest.mark.parametrize("token", ["", ".", "k1", "k1.", "k1.AAAA", "k9.AAAA", "k1.%%%", "plain text", "k1.长"])
def test_what_is_no_sealed_value_is_a_broken_seal(token: str) -> None:
    with pytest.raises(BrokenSeal):
        Seal(new_keys()).open(token, HERE)


def test_other_keys_do_not_open_it() -> None:
    closed = Seal(new_keys()).close(NUMBER, HERE)

    with pytest.raises(BrokenSeal) as broken:
        Seal(new_keys()).open(closed, HERE)
    assert NUMBER not in str(broken.value)
    assert broken.value.__cause__ is None


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    old = new_keys(AES)
    both = with_new_key(old, SM4)
    closed = Seal(old).close(NUMBER, HERE)

    assert Seal(both).open(closed, HERE) == NUMBER
    assert Seal(both).close(NUMBER, HERE).startswith("k2.")
    assert Seal(both).hashed("identity", NUMBER) == Seal(old).hashed("identity", NUMBER)
    assert list(with_new_key(both).sealing) == ["k1", "k2", "k3"]


def test_spellings_of_one_value_have_one_hash() -> None:
    seal = Seal(new_keys())

    assert seal.hashed("phone", "138 1234 1234") == seal.hashed("phone", "+86-13812341234")
    assert seal.hashed("name", "张 三") == seal.hashed("name", "张三")
    assert seal.hashed("name", "张三") != seal.hashed("name", "张三丰")
    assert seal.hashed("identity", "13812341234") != seal.hashed("phone", "13812341234")
    assert seal.hashed("phone", "13812341234") != Seal(new_keys()).hashed("phone", "13812341234")
    assert len(seal.hashed("name", "")) == 64


def test_sm4_in_gcm_gives_the_vector_of_rfc_8998() -> None:
    secret = bytes.fromhex("0123456789abcdeffedcba9876543210")
    nonce = bytes.fromhex("00001234567800000000abcd")
    text = bytes.fromhex(
        "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
    )
    context = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    box = Seal(Keys("k1", {"k1": SealingKey(SM4, secret)}, b"h" * 32, b"s" * 32))._boxes["k1"]

    sealed = box.encrypt(nonce, text, context)

    assert sealed[:8].hex() == "17f399f08c67d5ee"
    assert sealed[-16:].hex() == "83de3541e4c2b58177e065a9bf7b62ec"
    assert box.decrypt(nonce, sealed, context) == text


def test_keys_come_back_from_a_file_of_their_owner(tmp_path: Path) -> None:
    file = tmp_path / "data" / "keys.json"
    keys = with_new_key(new_keys(), SM4)

    write_keys(file, keys)

    assert read_keys(file) == keys
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_keys_file_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    keys = new_keys()
    write_keys(file, keys)

    with pytest.raises(BadConfiguration):
        write_keys(file, new_keys())
    assert read_keys(file) == keys


def test_keys_are_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    keys = new_keys()
    write_keys(file, keys)
    (tmp_path / "keys.json.new").write_bytes(b"half")

    replace_keys(file, with_new_key(keys))

    assert list(read_keys(file).sealing) == ["k1", "k2"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["keys.json"]


def test_missing_keys_have_an_error_of_their_own(tmp_path: Path) -> None:
    with pytest.raises(KeysMissing):
        read_keys(tmp_path / "keys.json")


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    write_keys(file, new_keys())
    file.chmod(0o640)

    with pytest.raises(BadConfiguration):
        read_keys(file)


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", '{"current":"k1","sealing":{},"hashing":"","signing":""}', "\xff"])
def test_a_file_that_holds_something_else_is_refused_without_showing_it(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys.json"
    file.touch(mode=0o600)
    file.write_bytes(content.encode("latin-1"))

    with pytest.raises(BadConfiguration) as refused:
        read_keys(file)
    assert refused.value.__cause__ is None


def test_short_secrets_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    write_keys(file, Keys("k1", {"k1": SealingKey(AES, b"short")}, b"h" * 32, b"s" * 32))

    with pytest.raises(BadConfiguration):
        read_keys(file)


def test_secrets_are_not_shown() -> None:
    keys = Keys("k1", {"k1": SealingKey(AES, b"secret" * 6)}, b"hashing" * 6, b"signing" * 6)

    assert not any(word in repr(keys) for word in ("secret", "hashinghashing", "signingsigning"))


def test_an_unknown_cipher_is_refused() -> None:
    with pytest.raises(BadConfiguration):
        new_keys("ROT13")
