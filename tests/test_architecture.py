"""The layout is enforced: who may import whom, where a noun may be a file name, and that importing opens nothing."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HUB = ROOT / "hub"

LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("settings",),
    ("exchange_settings",),
    ("logs",),
    ("schema",),
    ("rules",),
    ("store", "connectors"),
    ("access",),
    ("procedures",),
    ("live",),
    ("resolvers", "jobs"),
    ("simulation",),
    ("web",),
    ("parts",),
    ("attendance",),
    ("foundation",),
    ("app",),
    ("outgoing",),
    ("reloading",),
    ("serving",),
    ("commands", "demo"),
    ("__main__",),
)
"""Each imports what stands above it and itself; those on one line do not see each other."""

ABOVE = {part: set(chain(*LAYERS[:number])) | {part} for number, line in enumerate(LAYERS) for part in line}
ONLY_FROM = {"simulation": {"simulation", "demo", "__main__"}}
"""Packages that only these may import, wherever they stand."""
NEVER = {("simulation", "connectors")}
"""Importer and imported that are kept apart although their places would allow it."""

NOUN_FOLDERS = {"schema", "rules", "procedures"}
NOUNS = {
    "agreements",
    "batches",
    "cases",
    "choices",
    "codes",
    "consumers",
    "courts",
    "deadlines",
    "disconnections",
    "events",
    "investigations",
    "jobs",
    "links",
    "materials",
    "mediators",
    "meetings",
    "notices",
    "openings",
    "organisations",
    "outlets",
    "policies",
    "quarantines",
    "receipts",
    "referrals",
    "regions",
    "reloads",
    "reports",
    "revocations",
    "sources",
    "supervision",
    "tasks",
    "tickets",
}
"""Names of areas: file names in these folders of hub/ (and in tests/scenarios) only."""

CLOCKLESS = {"rules", "resolvers", "schema", "jobs"}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}


def files(folder: Path = HUB) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "versions" not in path.parts)


def part_of(path: Path) -> str:
    return path.relative_to(HUB).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Every module of hub that a file imports, wherever in it, as (part, whole name)."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides what is imported"
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "hub" else [node.module or ""]
        for name in names:
            parts = name.split(".")
            if parts[0] == "hub" and len(parts) > 1:
                yield parts[1], name


def breaches(part: str, imported: str) -> bool:
    if imported.startswith("__") and imported != "__main__":
        return False
    stranger = part not in ONLY_FROM.get(imported, {part}) or (part, imported) in NEVER
    return stranger or imported not in ABOVE[part]


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_imports_only_what_stands_above_it(path: Path) -> None:
    part = part_of(path)
    if part == "__init__":
        assert not list(imports(path))
        return

    assert [name for imported, name in imports(path) if breaches(part, imported)] == []


def test_every_part_of_the_hub_has_its_place() -> None:
    parts = {part_of(path) for path in files()} - {"__init__"}

    assert parts <= set(ABOVE)


@pytest.mark.parametrize(
    ("part", "imported", "wrong"),
    [
        ("store", "schema", False),
        ("store", "store", False),
        ("store", "connectors", True),
        ("connectors", "store", True),
        ("resolvers", "jobs", True),
        ("schema", "store", True),
        ("web", "simulation", True),
        ("demo", "simulation", False),
        ("app", "simulation", True),
        ("simulation", "connectors", True),
        ("web", "app", True),
        ("web", "__version__", False),
    ],
)
def test_the_rule_itself_tells_right_from_wrong(part: str, imported: str, wrong: bool) -> None:
    assert breaches(part, imported) is wrong


def test_an_area_is_a_file_name_only_where_areas_have_files() -> None:
    found = [path for path in files() if path.stem in NOUNS and part_of(path) not in NOUN_FOLDERS]

    assert [path.relative_to(ROOT).as_posix() for path in found] == []


def test_every_declared_area_is_known_here() -> None:
    declaring = {
        path.stem for path in files(HUB / "schema") if "(Entity," in path.read_text("utf-8").replace("\n    Entity", "Entity")
    }

    assert declaring - {"declare", "model"} == NOUNS


def test_no_file_is_a_drawer() -> None:
    found = [path for path in (*files(), *files(ROOT / "tests")) if FORBIDDEN_NAMES & set(path.with_suffix("").parts)]

    assert found == []


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_only_settings_read_the_environment(path: Path) -> None:
    if part_of(path) == "settings":
        return
    tree = ast.parse(path.read_text("utf-8"))
    reads = [
        node
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"})
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and {a.name for a in node.names} & {"environ", "getenv"})
        or (isinstance(node, (ast.Import, ast.ImportFrom)) and "tomllib" in ast.unparse(node))
    ]

    assert reads == []


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_clock_inside_an_answer_a_rule_or_a_declaration(path: Path) -> None:
    if part_of(path) not in CLOCKLESS:
        return
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)}

    clocks = {"dt.datetime.now", "datetime.now", "dt.date.today", "date.today", "time.time", "datetime.datetime.now"}
    assert not calls & clocks


def test_importing_any_module_opens_nothing() -> None:
    """No file, no socket, no thread, no process: all wiring is the composition root's, when it is asked."""
    names = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in files()
        if path.stem != "env"
    )
    program = """
import importlib, sys, threading
import strawberry, strawberry.federation, sqlalchemy.ext.asyncio, asyncpg, aiosqlite, alembic.autogenerate, alembic.command
import cryptography.hazmat.primitives.ciphers.aead, joserfc.jwt, pypinyin, structlog, uvicorn, starlette.applications
import importlib.metadata, orjson, click, aiodataloader
names = sys.argv[1:]
opened = []
def watch(event, arguments):
    if event == "open":
        path, mode = str(arguments[0]), arguments[1]
        if path.endswith((".py", ".pyc", ".so")) or "__pycache__" in path or "site-packages" in path:
            return
        opened.append((event, path))
    elif event in {"socket.connect", "socket.bind", "socket.__new__", "subprocess.Popen", "sqlite3.connect", "os.mkdir"}:
        opened.append((event, str(arguments)[:80]))
sys.addaudithook(watch)
for name in names:
    importlib.import_module(name)
found = list(opened)
library = tuple({sys.prefix, sys.base_prefix})
found = [one for one in found if not one[1].startswith(library)]
assert not found, found
assert threading.active_count() == 1, threading.enumerate()
"""
    # -B: keeping bytecode is no deed of the hub's.
    command = [sys.executable, "-B", "-c", program, *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr[-2000:]
