"""How work tells of itself: lines where nobody redraws, a bar on a terminal."""

import pytest

from hub.demo.progress import Bar


def test_lines_tell_per_cent_rate_and_time_left(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clock = iter([100.0, 101.0, 120.0, 121.0, 140.0])
    monkeypatch.setattr("hub.demo.progress.time.perf_counter", lambda: next(clock))
    bar = Bar("cases")

    for done, rows in ((0, 0), (1, 100), (50, 10_000), (51, 10_200), (100, 20_000)):
        bar.reach(done, 100, rows)

    assert capsys.readouterr().err.splitlines() == [
        "cases: 50%, 500 rows/s, 0:20 left",
        "cases: 100%, 500 rows/s, 0:40 in all",
    ]


def test_a_terminal_gets_one_line_that_is_redrawn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    clock = iter([100.0, 1900.0, 3700.0])
    monkeypatch.setattr("hub.demo.progress.time.perf_counter", lambda: next(clock))
    bar = Bar("indexes")

    bar.reach(0, 4)
    bar.reach(1, 4)
    bar.reach(4, 4)

    drawn = capsys.readouterr().err
    assert drawn == (
        "\r[------------------------] indexes: 0%\x1b[K"
        "\r[######------------------] indexes: 25%, 1:30:00 left\x1b[K"
        "\r[########################] indexes: 100%, 1:00:00 in all\x1b[K\n"
    )


def test_nothing_to_do_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    Bar("nothing").reach(0, 0)

    assert capsys.readouterr().err == "nothing: 0%, 0:00 in all\n"
