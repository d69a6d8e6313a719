"""`hub token`, `hub config apply`, `hub verify`: tokens, policy rows and the chain of evidence."""

from dataclasses import asdict
from pathlib import Path

from hub.access.tokens import DevelopmentTokens
from hub.access.viewers import Viewer, read_viewers
from hub.app import now
from hub.commands.opening import opened
from hub.errors import BadConfiguration
from hub.jobs.contract import check
from hub.parts import hub_graph, hub_model, routines
from hub.procedures.configuration import apply
from hub.procedures.enrolment import Override
from hub.procedures.revocations import revoke
from hub.procedures.seeds import read_seeds
from hub.resolvers.indicators import check_filters
from hub.resolvers.prescribed import check_operations
from hub.schema.revocations import RevocationReason
from hub.settings import Settings, suggestion
from hub.store.base import faults
from hub.store.chain import Chain, Newest
from hub.store.seal import read_keys


async def make_token(settings: Settings, viewer: str, subject: str, life: int) -> tuple[str, Viewer]:
    """A development token of a viewer, `life` seconds long, and whom it is read as.

    BadConfiguration for a viewer that nobody knows.
    """
    signing = read_keys(settings.keys.file).signing
    async with opened(settings) as base:
        with faults(base.metadata):
            async with base.engine.connect() as connection:
                viewers = await read_viewers(connection, base.metadata.tables["policies"], now().date())
    if viewer not in viewers:
        raise BadConfiguration(reason=f"no viewer {viewer}{suggestion(viewer, viewers)}")
    tokens = DevelopmentTokens(signing, viewers, loopback=settings.server.is_loopback)
    made = tokens.issue(viewer, subject=subject, life_seconds=life)
    return made, tokens.identify(f"Bearer {made}")


async def revoke_token(settings: Settings, jti: str, reason: str) -> None:
    """Have every process refuse the token of this id; BadText for what is no id."""
    async with opened(settings) as base:
        await revoke(base, jti, RevocationReason[reason], viewer="admin", subject="", now=now())


async def apply_seeds(settings: Settings, villages: Path | None) -> dict[str, int]:
    """Write what config/ says as policy rows, checked whole first; how many rows of what are new."""
    seeds = read_seeds(settings.config, villages)
    check_filters(seeds.indicators, hub_graph())
    said = {f"outlet {each.owner} {each.consumer}": each.text for each in seeds.outlets}
    check_operations(said, hub_graph(), hub_model(), settings.limits)
    check(routines(), {name: Override(each.schedule, each.paused, each.options) for name, each in seeds.jobs.items()})
    async with opened(settings) as base:
        return asdict(await apply(base, seeds, settings.limits, actor="admin", now=now()))


async def verified(settings: Settings) -> tuple[Newest, int]:
    """The newest link of the chain of evidence that holds, and how many rows wait for theirs."""
    keys = read_keys(settings.keys.file)
    async with opened(settings) as base:
        chain = Chain(base.engine, base.metadata, base.model, key=keys.hashing)
        return await chain.verify(), await chain.waiting()
