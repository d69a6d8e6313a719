"""Documents say what is true: every error code, every limit, every setting, every package, one version.

`python -m tests.test_docs > docs/ERRORS.md` writes the table of codes anew.
"""

import re
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from hub import __version__
from hub.errors import HubError, every_error
from hub.settings import Limits, Settings

ROOT = Path(__file__).parent.parent
_DOCS = ("README.md", "PROTOCOL.md", "CHANGELOG.md", "docs/ARCHITECTURE.md", "docs/ERRORS.md")


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def errors_page() -> str:
    """The whole of docs/ERRORS.md, from the error classes."""
    lines = [
        "# Errors",
        "",
        "Every deliberate error. A client relies on `extensions.code` (the word) and `extensions.hub` (the number); the",
        "sentence may change. The status is that of `application/graphql-response+json`; see PROTOCOL.md for",
        "`application/json`. Rows whose number ends in 00 are the stages themselves: what has no number of its own.",
        "",
        "| Number | Word | Status | Sentence |",
        "|---|---|---|---|",
    ]
    rows = [f"| {kind.code} | {kind.word} | {kind.status} | {sentence(kind)} |" for kind in every_error()]
    return "\n".join([*lines, *dict.fromkeys(rows), ""])


def sentence(kind: type[HubError]) -> str:
    return " ".join((kind.__doc__ or "").split()).replace("|", "\\|")


def test_every_error_code_has_its_row() -> None:
    assert text("docs/ERRORS.md") == errors_page()


def test_no_two_errors_share_a_number_unless_one_is_the_other() -> None:
    numbers: dict[str, type[HubError]] = {}
    for kind in every_error():
        first = numbers.setdefault(kind.code, kind)
        assert issubclass(kind, first) or issubclass(first, kind), kind.code


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_an_error_has_a_number_a_word_and_a_sentence_in_both_languages(kind: type[HubError]) -> None:
    assert re.fullmatch(r"HUB-[1-7][0-9]{2}", kind.code)
    assert re.fullmatch(r"[A-Z][A-Z_]+", kind.word)
    chinese, separator, english = sentence(kind).partition("·")
    assert separator
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert re.search(r"[a-z]{2}", english)


def test_every_limit_is_told_to_clients_with_its_value() -> None:
    protocol = text("PROTOCOL.md")

    for item in fields(Limits):
        assert re.search(rf"\| `{item.name}` \| {int(getattr(Limits(), item.name))} \|", protocol), item.name


def test_every_setting_is_in_the_shipped_file() -> None:
    shipped = text("config/hub.toml")

    for part in fields(Settings):
        if part.name != "config":
            assert f"[{part.name}]" in shipped


def test_the_newest_entry_of_the_changelog_is_the_version_of_the_package() -> None:
    found = re.search(r"^## \[?([0-9.]+)\]?", text("CHANGELOG.md"), re.MULTILINE)

    assert found
    assert found[1] == __version__


def test_every_package_has_its_three_lines() -> None:
    architecture = text("docs/ARCHITECTURE.md")

    for path in sorted((ROOT / "hub").iterdir()):
        if path.name.startswith(("__", ".")) or path.suffix in {".toml", ".pyc"} or path.name == "config":
            continue
        name = f"hub/{path.name}" + ("/" if path.is_dir() else "")
        section = architecture.partition(f"### {name}\n")[2].partition("\n#")[0]
        assert all(f"- **{word}**" in section for word in ("In charge of", "May reject", "Never does")), name


@pytest.mark.parametrize("name", _DOCS)
def test_a_link_leads_somewhere(name: str) -> None:
    folder = (ROOT / name).parent
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(name))

    assert [link for link in links if not (folder / link).exists()] == []


if __name__ == "__main__":
    sys.stdout.write(errors_page())
