"""What texts mean beyond their characters: how they sound, what a search finds in them, when two are the same.

A search means one thing in Python, SQLite and PostgreSQL: the asked characters follow each other in one text, width
and case aside (`contains`). `tokens` turns texts into ASCII words that both databases index alike: one word for each
pair of neighbours and one for the last character alone. A phrase asks for pairs only, so that last word also keeps a
match from running on into the next text.

    SQLite      <table>_search MATCH :fts                                    fts = fts_query(asked)
    PostgreSQL  to_tsvector('simple', search_tokens) @@ to_tsquery('simple', :ts)    ts = ts_query(asked)
                AND strpos(search_tokens, :run) > 0                          run = token_run(asked)

PostgreSQL remembers 256 places of a word and none beyond the 16,383rd, so `a <-> b` would miss matches in long or
repetitive texts: the index answers which words are there, `strpos` that they follow each other. The run alone is
the whole meaning (`x` begins every word and occurs nowhere else); a condition over few rows needs no index.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

BIDI = "\u202a-\u202e\u2066-\u2069"
"""Characters that make a text look like another one."""

UNSEEN = "\xad\u061c\u180e\u200b-\u200f\u2028\u2029\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
"""Characters that nobody sees and nobody types; they come along when a text is copied."""

_REFUSED = re.compile(rf"[{BIDI}\x7f-\x9f]")
_DROPPED = re.compile(rf"[{UNSEEN}]")
_SPACES = re.compile(r"\s+")
_NUMBER_SIGNS = re.compile(r"[\s\-\u2010-\u2015/.()·]+")
_NOT_DIGITS = re.compile(r"\D+")
_COUNTRY = re.compile(r"^(?:00)?86(?=\d{11}$)")


def storable(text: str) -> bool:
    """Whether a base can hold the text: no NUL, no half of a character."""
    if "\0" in text:
        return False
    try:
        # Much faster than looking for what is forbidden.
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def visible(text: str) -> str | None:
    """The text without what nobody sees; None for one that would look like another: bidirectional controls, C1."""
    if text.isprintable():
        return text
    return None if _REFUSED.search(text) else _DROPPED.sub("", text)


def normalised(text: str) -> str:
    """Width and case aside: what both sides of a search are compared in."""
    return unicodedata.normalize("NFKC", text).lower()


def contains(text: str, asked: str) -> bool:
    """Whether a search for `asked` finds `text`. An empty search finds nothing."""
    wanted = normalised(asked)
    return bool(wanted) and wanted in normalised(text)


def tokens(*texts: str | None) -> str:
    """The words that the search index of these texts holds; no match runs across two of them."""
    return " ".join(word for text in texts if text for word in _words(normalised(text)))


def token_run(asked: str) -> str | None:
    """What `search_tokens` holds somewhere when the search finds the row; None: finds nothing."""
    wanted = normalised(asked)
    return " ".join(_asked_words(wanted)) if wanted else None


def fts_query(asked: str) -> str | None:
    """The FTS5 query: a phrase of pairs, or the beginning of a word for a single character; None: finds nothing."""
    run, wanted = token_run(asked), normalised(asked)
    return None if run is None else f'"{run}"' + ("*" if len(wanted) == 1 else "")


def ts_query(asked: str) -> str | None:
    """The text of a `tsquery`: all words, or the beginning of one; None: finds nothing. Needs `token_run` beside it."""
    wanted = normalised(asked)
    if len(wanted) < 2:
        return f"{_word(wanted)}:*" if wanted else None
    return " & ".join(dict.fromkeys(_asked_words(wanted)))


def sound_key(text: str) -> str:
    """What the text is ordered by: its pinyin syllables with their tones, then itself."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - its dictionaries take a fifth of a second to load

    syllables = lazy_pinyin(normalised(text), style=Style.TONE3, neutral_tone_with_five=True)
    return f"{' '.join(syllables)}\t{text}"


def plain(kind: str, text: str) -> str:
    """The spelling that exact matches are made of: `name`, `identity` or `phone`.

    Names: width, case and spaces aside. Identities: also separators. Telephones: digits, without the country's code.
    """
    spelled = unicodedata.normalize("NFKC", text)
    match kind:
        case "name":
            return _SPACES.sub("", spelled).casefold()
        case "identity":
            return _NUMBER_SIGNS.sub("", spelled).upper()
        case "phone":
            # A text without any digit is kept, or all such texts would be the same telephone.
            return _COUNTRY.sub("", _NOT_DIGITS.sub("", spelled), count=1) or _SPACES.sub("", spelled)
    raise TypeError(f"no exact match of kind {kind}")


def _words(text: str) -> list[str]:
    return [*_pairs(text), _word(text[-1])]


def _asked_words(wanted: str) -> list[str]:
    return _pairs(wanted) or [_word(wanted)]


def _pairs(text: str) -> list[str]:
    return [f"x{one}{other}" for one, other in pairwise(map(_digits, text))]


def _word(character: str) -> str:
    return f"x{_digits(character)}"


@lru_cache(8192)
def _digits(character: str) -> str:
    return f"{ord(character):06x}"
