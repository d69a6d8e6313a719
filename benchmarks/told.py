"""The figures of news as a table, and what they are to the ceiling's and the framework's."""

from collections.abc import Mapping, Sequence
from typing import Any

_COLUMNS = {
    "CPU us": "cpu_us",
    "db us": "database_us",
    "driver us": "driver_us",
    "events/s": "rate",
    "p50 ms": "p50_ms",
    "p95 ms": "p95_ms",
    "p99 ms": "p99_ms",
    "burst us": "burst_cpu_us",
    "frames/s": "frames_per_second",
    "KiB idle": "idle_kib",
    "load": "load",
}


def table(entries: Sequence[Mapping[str, Any]]) -> None:
    """One line for each server."""
    first = entries[0]
    print(f"\n{first['sockets']:,} sockets, {first['carrier']}, {first['kind']}")
    print(f"{'':<12}" + "".join(f"{title:>11}" for title in _COLUMNS))
    for entry in entries:
        print(f"{entry['server']:<12}" + "".join(f"{entry[key]:>11,.1f}" for key in _COLUMNS.values()), flush=True)


def ratios(entries: Sequence[Mapping[str, Any]]) -> None:
    """The hub's processor time per frame in that of the others."""
    found = {entry["server"]: entry for entry in entries}
    if "hub" not in found:
        return
    for name in found.keys() - {"hub"}:
        steady, burst = (found["hub"][key] / found[name][key] for key in ("cpu_us", "burst_cpu_us"))
        print(f"hub / {name}: {steady:.3f} steady, {burst:.3f} burst", flush=True)
