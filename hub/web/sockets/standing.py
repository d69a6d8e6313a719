"""Who a socket is: identified once, renewed meanwhile, judged anew when viewers change, until its token ends."""

from collections.abc import Callable
from typing import Any

from hub.errors import AccessError, TokenExpired
from hub.web.asking import Asking
from hub.web.life import Life
from hub.web.sockets import messages
from hub.web.sockets.messages import Closed


class Standing:
    """The viewer of one socket and how long it is one. `say` writes a message, `close` closes the socket."""

    __slots__ = ("_address", "_asking", "_close", "_header", "_life", "_say", "principal", "viewer")

    def __init__(
        self,
        asking: Asking,
        *,
        header: str | None,
        address: str,
        say: Callable[[bytes], None],
        close: Callable[[Closed], None],
    ) -> None:
        self._asking = asking
        self._header = header
        self._address = address
        self._say = say
        self._close = close
        self._life = Life(asking.backing.clock, self._expired, self._warn)
        self.viewer: Any = None
        self.principal: str | None = None

    @property
    def until(self) -> float:
        """When its token expires; 0 for never."""
        return self._asking.backing.expires(self.viewer)

    @property
    def is_over(self) -> bool:
        """Whether its token has expired: the wall clock may have jumped past its time."""
        return self._life.is_over

    def within(self, seconds: float, late: Callable[[], None]) -> None:
        """It has to be known within these seconds."""
        self._life.within(seconds, late)

    def identified(self, payload: dict[str, Any]) -> tuple[Any, str]:
        """The viewer and principal of a payload, or of the handshake. Raises Closed (4401, 4403)."""
        backing = self._asking.backing
        try:
            authorization = messages.authorization_in(payload)
            viewer = backing.identify(self._header if authorization is None else authorization)
        except TokenExpired:
            raise messages.token_expired() from None
        except AccessError:
            raise messages.unauthorized() from None
        return viewer, backing.principal(viewer, self._address)

    def begin(self, viewer: Any, principal: str) -> None:
        """It is this one from now on, and acknowledged."""
        self.viewer, self.principal, self._header = viewer, principal, None
        self._say(messages.ack(self.until))
        self._keep_until()

    def renew(self, payload: dict[str, Any]) -> None:
        """Take another token of the same viewer and subject, and say until when. Raises Closed (4401, 4403)."""
        viewer, principal = self.identified(payload)
        if principal != self.principal:
            raise messages.unauthorized()
        self.viewer = viewer
        self._say(messages.renewed(self.until))
        self._keep_until()

    def revise(self) -> None:
        """Go on as what the viewer is by now. Raises Closed (4401) for one that is none any more."""
        try:
            self.viewer = self._asking.backing.current(self.viewer)
        except AccessError:
            raise messages.unauthorized() from None

    def stop(self) -> None:
        """The socket is closed."""
        self._life.stop()

    def _keep_until(self) -> None:
        # After the answer: a token that ends soon is warned of at once.
        self._life.until(self.until, warned=self._asking.limits.warning_seconds)

    def _warn(self, due: float) -> None:
        self._say(messages.warning(due))

    def _expired(self) -> None:
        self._close(messages.token_expired())
