"""A file of 1 GiB goes the whole way through `hub import` in bounded memory, every row accounted for."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.exchange.processes import Office
from tests.exchange.test_command import either, seeds

from hub.simulation.agencies.samples import sample
from hub.simulation.seeds import Seeds

__all__ = ["either", "seeds"]

GIB = 1 << 30
MOST_MEBIBYTES = 300
DISTINCT, STORY = 2_000, 5_000
"""Petitions that tell something new, and the characters of each; the rest of the file says the same again."""


@pytest.mark.long
def test_a_file_of_a_gibibyte_is_taken_in_whole_within_300_mebibytes(either: Office, seeds: Seeds, tmp_path: Path) -> None:
    path = tmp_path / "petition_20250630.csv"
    rounds = _written(path, list(_long_rows(seeds)))

    done = either.takes("petition", [path], within=3_600)

    print(f"{path.stat().st_size / GIB:.2f} GiB: {done.seconds:.0f} s, {done.mebibytes:.0f} MiB")  # noqa: T201
    path.unlink()
    assert done.code == 0, done.stderr
    [line] = done.lines
    assert line["received"] == DISTINCT * rounds
    assert (line["applied"] + line["merged"], line["unchanged"]) == (DISTINCT, DISTINCT * (rounds - 1))
    assert done.mebibytes < MOST_MEBIBYTES


def _long_rows(seeds: Seeds) -> Iterator[dict[str, str]]:
    text = sample(seeds, "petition", rows=DISTINCT).content().decode("utf-8-sig")
    for number, row in enumerate(csv.DictReader(io.StringIO(text))):
        yield {**row, "反映问题": (f"{row['反映问题']}（{number}）" + "邻里排水，多次协商未果。" * STORY)[:STORY]}


def _written(path: Path, rows: list[dict[str, str]]) -> int:
    """Write the rows again and again until the file is that large; how often."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    head = text.tell()
    writer.writerows(rows)
    titles, body = (part.encode() for part in (text.getvalue()[:head], text.getvalue()[head:]))
    rounds = -(-GIB // len(body))
    with path.open("wb") as file:
        file.write(titles)
        for _ in range(rounds):
            file.write(body)
    return rounds
