"""The server of one process: uvicorn, told what the hub wants told."""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn


class HubServer(uvicorn.Server):
    """uvicorn that says when its socket listens, and tells what stays open when it ends."""

    def __init__(
        self, config: uvicorn.Config, path: str, *, listening: Callable[[str], None], ending: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._path = path
        self._listening = listening
        self._ending = ending

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Answer what is under way, then end; a second interruption ends at once.

        The signal is not raised again afterwards: a hub that ended because it was told to ends well.
        """
        del frame
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def startup(self, sockets: Any = None) -> None:
        """Start, then say under which address."""
        await super().startup(sockets)
        if self.started and self.servers:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._listening(f"http://{f'[{host}]' if ':' in host else host}:{port}{self._path}")

    async def shutdown(self, sockets: Any = None) -> None:
        """Tell what stays open, then end as uvicorn does."""
        self._ending()
        await super().shutdown(sockets)
