"""What brings events to receivers in a process that serves: secrets from the environment, senders, couriers."""

import datetime as dt
import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.access.reach import Filter
from hub.access.viewers import Viewer
from hub.app import Composition
from hub.errors import SecretMissing
from hub.live.boxes import Box
from hub.live.dispatch import dispatching
from hub.live.posting import Webhook
from hub.live.presses import Make
from hub.live.works import Office, Work
from hub.procedures.outlet_seeds import Outgoing
from hub.procedures.outlets import count
from hub.schema.outlets import OutletState
from hub.settings import Settings, secrets_said
from hub.store.signing import Secrets
from hub.web.health import Metric


class Bringing:
    """What one process brings, as the newest composition says."""

    def __init__(self, settings: Settings, composition: Composition) -> None:
        self._composition, self._known = composition, secrets_said()
        foundation = composition.foundation
        self.office = Office(
            foundation.base,
            foundation.news.follower,
            foundation.news.cursors,
            f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}",
            dt.timedelta(seconds=settings.outlets.lease_seconds),
            settings.outlets.poll_seconds,
            foundation.clock,
            foundation.admission.get,
            self._prescribed,
        )

    def follow(self, composition: Composition) -> None:
        """From the next round on frames are made as this composition says."""
        self._composition = composition

    def work(self, said: Outgoing) -> Work:
        """How an outlet's events are brought. SecretMissing, BadConfiguration for a secret that is none."""
        if said.secret not in self._known:
            raise SecretMissing
        known = Secrets.of(self._known[said.secret], said.secret)
        if said.folder:
            return Box(self.office, said, known)
        # Five megabytes of an HTTP client, which only processes with a webhook need.
        from hub.web.webhooks import Receiver, Sender  # noqa: PLC0415

        receiver = Receiver(said.url, known, private=said.private, seconds=said.seconds, ca=said.ca or None)
        return Webhook(self.office, said, Sender(receiver))

    async def metrics(self) -> list[Metric]:
        """How outlets stand, whichever process brings, and what this one has done."""
        found, tally = await count(self.office.base), self.office.tally
        return [
            *(
                Metric(f"hub_outlets_{state.name.lower()}", f"Outlets that are {state.name}.", found.states[state])
                for state in OutletState
            ),
            Metric("hub_letters_dead", "Events not taken, and not decided about.", found.dead),
            Metric("hub_parcels_waiting", "Batch files that are not acknowledged.", found.parcels),
            Metric("hub_brought_total", "Events posted and files written by this process.", tally.brought, grows=True),
            Metric("hub_not_brought_total", "Tries that failed in this process.", tally.failed, grows=True),
        ]

    async def _prescribed(self, text: str, viewer: Viewer) -> tuple[Make, Filter]:
        return await self._composition.corridor.prescribed(text, viewer)


@asynccontextmanager
async def bringing(settings: Settings, composition: Composition) -> AsyncIterator[Bringing]:
    """Events are brought meanwhile, where the settings say so."""
    found = Bringing(settings, composition)
    if not settings.outlets.run:
        yield found
        return
    async with dispatching(found.office, found.work):
        yield found
