"""Numbers as runs: `120-125,127` says which events of a range were given."""

from collections.abc import Iterable


def runs_of(numbers: Iterable[int]) -> str:
    """The numbers as runs, in their order, each once."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in runs)


def is_among(number: int, runs: str) -> bool:
    """Whether the runs hold the number."""
    pairs = ((run.partition("-")[0], run.rpartition("-")[2]) for run in runs.split(","))
    return any(int(first) <= number <= int(last) for first, last in pairs)
