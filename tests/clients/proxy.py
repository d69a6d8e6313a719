"""A wire that can be cut: what clients connect to when a test wants their connection to break."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Wire:
    """Hands bytes on between clients and a port, until it is cut; cut, it takes nobody until it is mended."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.listens_on = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        """Take clients, always on the same port."""
        self._server = await asyncio.start_server(self._joined, "127.0.0.1", self.listens_on)
        self.listens_on = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break every connection without a word, and refuse new ones."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        self._server = None

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            theirs, other = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, other}
        self._writers |= both
        try:
            await asyncio.wait(
                [asyncio.create_task(_copy(reader, other)), asyncio.create_task(_copy(theirs, writer))],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            self._writers -= both
            for each in both:
                each.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def wire(port: int) -> AsyncIterator[Wire]:
    """One that works, for the time of the block."""
    found = Wire(port)
    await found.mend()
    try:
        yield found
    finally:
        if found._server is not None:
            await found.cut()
