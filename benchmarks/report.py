"""The figures of one base as a table."""

from collections.abc import Mapping
from typing import Any

from benchmarks.asked import TITLES


def print_entry(entry: Mapping[str, Any]) -> None:
    """A table of one base."""
    print(f"\n{entry['database']}, {entry['cases']:,} cases; ordinary statements: {entry['statements_of_ordinary']}")
    head = ("", "req/s", "server us", "db us", "p50 ms", "p95 ms", "of ceiling", "by CPU", "of ordinary", "by CPU")
    print(f"{head[0]:<36}" + "".join(f"{title:>12}" for title in head[1:]))
    for name, servers in entry["questions"].items():
        print(TITLES[name])
        for server, run in servers.items():
            ratios = [ratio for other in ("ceiling", "ordinary") for ratio in _ratios(run, servers.get(other))]
            keys = ("per_second", "server_cpu_us", "database_cpu_us", "p50_ms", "p95_ms")
            print(
                f"  {server:<34}" + "".join(f"{run[key]:>12,.1f}" for key in keys) + "".join(f"{r:>12}" for r in ratios)
            )
    for name, pair in entry.get("direct", {}).items():
        told = f"generated {pair['generated_us']:,.0f} us, written {pair['written_us']:,.0f} us"
        print(f"statement of {name:<12} {told}: {pair['ratio']:.2f} times")
    if "memory" in entry:
        print(f"memory of the hub: {entry['memory']}")


def _ratios(run: Mapping[str, float], other: Mapping[str, float] | None) -> tuple[str, str]:
    """Times the other's throughput: as measured, and by CPU per request, which a busy machine disturbs less."""
    if other is None:
        return "-", "-"
    mine, theirs = (each["server_cpu_us"] + each["database_cpu_us"] for each in (run, other))
    return f"{run['per_second'] / other['per_second']:.2f}", f"{theirs / mine:.2f}" if mine else "-"
