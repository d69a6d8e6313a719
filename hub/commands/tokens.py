"""`hub token`: making development tokens, and revoking any token."""

import asyncio

import click

from hub.commands.telling import as_json, say, settings_now
from hub.settings import LONGEST_TOKEN_SECONDS

REASONS = ("LOST", "LEFT", "MISUSED", "REPLACED")
"""Those of the graph (`RevocationReason`)."""


@click.command()
@click.argument("viewer", required=False)
@click.option("--revoke", metavar="JTI", help="Revoke the token of this id instead: no process takes it any more.")
@click.option("--reason", type=click.Choice(REASONS), default="LOST", show_default=True, help="Why it is revoked.")
@click.option("--subject", default="developer", show_default=True, help="Whose token it is; recorded with openings.")
@click.option("--life", type=click.IntRange(1, LONGEST_TOKEN_SECONDS), metavar="SECONDS", help="At most 12 hours.")
@as_json
def token(
    viewer: str | None, revoke: str | None, reason: str, subject: str, life: int | None, *, as_json: bool
) -> None:
    """Make a development token of a VIEWER; the hub takes it on this machine only. Or revoke any token, by its id."""
    from hub.commands.clerking import make_token, revoke_token

    if (viewer is None) == (revoke is None):
        raise click.UsageError("Say a VIEWER whose token is made, or --revoke JTI.")
    settings = settings_now()
    if revoke is not None:
        asyncio.run(revoke_token(settings, revoke, reason))
        say({"revoked": revoke, "reason": reason}, f"{revoke} opens nothing any more", as_json=as_json)
        return
    made, read = asyncio.run(make_token(settings, viewer or "", subject, life or settings.tokens.life_seconds))
    say({"viewer": viewer, "token": made, "jti": read.jti, "exp": read.exp}, made, as_json=as_json)
