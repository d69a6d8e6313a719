"""Folders that the hub makes: nobody but its own user looks into them."""

from pathlib import Path

PRIVATE = 0o700


def private(folder: Path) -> Path:
    """The folder, made with mode 700 where it is missing, as are those above it. One that is there stays as it is."""
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        missing.mkdir(mode=PRIVATE, exist_ok=True)
    return folder
