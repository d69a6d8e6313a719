"""What brings events to receivers in a process that serves: secrets from the environment, senders, couriers."""

import datetime as dt
import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.app import Composition
from hub.errors import SecretMissing
from hub.live.boxes import Box
from hub.live.couriers import Office, Work
from hub.live.dispatch import dispatching
from hub.live.posting import Webhook
from hub.parts import hub_model
from hub.procedures.configuration import Base
from hub.procedures.outlet_seeds import Outgoing
from hub.settings import Settings, secrets_said
from hub.store.signing import Secrets
from hub.web.webhooks import Receiver, Sender


def office_of(settings: Settings, composition: Composition) -> Office:
    """What the couriers of this process have in common."""
    base = Base(composition.engine, composition.metadata, hub_model(), composition.ledger)
    return Office(
        base,
        composition.news.follower,
        composition.news.cursors,
        f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}",
        dt.timedelta(seconds=settings.outlets.lease_seconds),
        settings.outlets.poll_seconds,
        composition.clock,
        composition.admission.get,
        composition.corridor.prescribed,
    )


@asynccontextmanager
async def bringing(settings: Settings, composition: Composition) -> AsyncIterator[None]:
    """Events are brought meanwhile, where the settings say so."""
    if not settings.outlets.run:
        yield
        return
    office, known = office_of(settings, composition), secrets_said()

    def work(said: Outgoing) -> Work:
        if said.secret not in known:
            raise SecretMissing
        secrets_ = Secrets.of(known[said.secret], said.secret)
        if said.folder:
            return Box(office, said, secrets_)
        receiver = Receiver(said.url, secrets_, private=said.private, seconds=said.seconds, ca=said.ca or None)
        return Webhook(office, said, Sender(receiver))

    async with dispatching(office, work):
        yield
