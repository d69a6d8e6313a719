"""What every command begins and ends with: the settings as they are said now, and facts on standard output."""

from collections.abc import Mapping
from typing import Any

import click
import orjson

from hub.logs import configure
from hub.settings import Settings, load

as_json = click.option("--json", "as_json", is_flag=True, help="Facts as one JSON object on standard output.")


def settings_now() -> Settings:
    """The settings, with the logs as they say."""
    settings = load()
    configure(settings.logs.level)
    return settings


def say(facts: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Tell the facts as one line of JSON, or as text."""
    click.echo(orjson.dumps(facts).decode() if as_json else text)
