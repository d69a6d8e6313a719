"""How a command ends: with its facts, or with one line that says what went wrong, and never with a traceback."""

from collections.abc import Sequence

import click

from hub.errors import BadConfiguration, HubError
from hub.logs import failure


def run(cli: click.Group, arguments: Sequence[str] | None) -> int:
    """Run a command; the status to exit with."""
    try:
        return int(cli.main(arguments, prog_name="hub", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return 2
    except HubError as error:
        click.echo(f"{error.code} {error}", err=True)
        return 1
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        return 1
    except OSError as error:
        reason = f"{error.filename or 'a file'}: {error.strerror or type(error).__name__}"
        click.echo(f"{BadConfiguration.code} {BadConfiguration(reason=reason)}", err=True)
        return 1
    except Exception as error:  # noqa: BLE001 - the last place where anything can be caught
        click.echo(f"{HubError.code} {HubError()}\n  " + "\n  ".join(failure(error)), err=True)
        return 1
