"""What a server asks of whoever remembers its clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from ...hub.namespaces import Namespaces
from ...hub.rooms import Rooms
from ...transport.deadlines import Clock
from ...transport.reasons import Reason
from ..options import ServerOptions

if TYPE_CHECKING:
    from ..socket import Socket

#: Lets a client into its namespace.
Enter: TypeAlias = "Callable[[Socket], object]"


class Recovery:
    """Remembers nobody: every client that comes is a new one. Used on the loop only.

    One that does remember may look elsewhere for it and take its time, which is why clients are let in by a callback.

    Args:
        options: of the server.

    Attributes:
        namespaces: who is where.
    """

    def __init__(self, options: ServerOptions) -> None:
        self._max_rooms = options.max_rooms
        self.namespaces: Namespaces[Socket] = Namespaces(self._make_rooms)

    def stay_in_memory(self) -> None:
        """Take nothing over from the process before this one, and leave nothing to the next."""

    def start(self, clock: Clock) -> None:
        """Begin; nobody is here yet."""

    def stop(self) -> None:
        """The server is about to end, and all its clients have left."""

    def _make_rooms(self) -> Rooms[Socket]:
        return Rooms(self._max_rooms)

    def arrive(self, socket: Socket, enter: Enter) -> None:
        """A client asks to join a namespace: call `enter` when it is known who it is, unless it has left by then."""
        enter(socket)

    def leave(self, socket: Socket, reason: Reason) -> None:
        """A client has left, but is still a member of its rooms."""

    def forget(self, socket: Socket) -> None:
        """A client is no member any more."""

    def dismiss(self, sid: str) -> None:
        """Whoever has this sid shall not come back."""
