"""A transport for asyncio over a TLS connection that somebody else has opened.

asyncio does TLS in memory, from the first byte of a connection on. A WSGI server that ends TLS itself has opened it as
an `ssl.SSLSocket`, in which OpenSSL keeps the keys together with the number of a descriptor, and gives neither away. So
OpenSSL goes on reading and writing that descriptor, now whenever the loop finds it ready. What is not as with plain
sockets:

- *The loop does not see all that can be read.* OpenSSL takes whole records of up to 16 KiB from the descriptor; what a
  reader has no room for stays inside. So a record is read to its end before the loop is asked again.
- *A write that had to wait is repeated with the same bytes*, of which there may be more. So all bytes go through one
  buffer, and as OpenSSL encrypts the whole of what it is given, it is given one record at a time.
- *Reading may have to write, and writing to read*, when one side wants new keys: what could not be read is tried again
  when there is room, what could not be written when something has come.
- *The end is said twice*, in TLS and in TCP. Both are said at once, as with TLS nobody is half through. What the peer
  still sends is not even decrypted, but it is read, or the system would reset the connection and the peer might never
  see what was sent last.

The methods of the connection are called on their class: on the object, they mean what `adoption.py` has left to the
server.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from contextlib import suppress

#: Bytes that one record of TLS holds.
_RECORD_SIZE = 16_384

#: Bytes that wait to be written at which the protocol is told to pause, and to go on.
_HIGH, _LOW = 65_536, 16_384

#: Seconds that a peer has to close its side.
_GOODBYE = 1.0

_receive = ssl.SSLSocket.recv
_receive_into = ssl.SSLSocket.recv_into
_send = ssl.SSLSocket.send
_pending = ssl.SSLSocket.pending
_unwrap = ssl.SSLSocket.unwrap


class TlsTransport(asyncio.Transport):
    """A transport on the running loop; it tells `protocol` at once that the connection is made.

    Args:
        connection: through with its handshake, not blocking. It is closed in the end.
        protocol: buffered or not.
    """

    def __init__(self, connection: ssl.SSLSocket, protocol: asyncio.BaseProtocol) -> None:
        super().__init__({"ssl_object": connection, "socket": self})
        self._connection = connection
        self._descriptor = ssl.SSLSocket.fileno(connection)
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._outgoing = bytearray()
        self._awaits_room = False  # the loop watches for room to write
        self._paused = False  # we read no more, because the protocol wants it
        self._full = False  # the protocol writes no more, because we want it
        self._closing = False  # nothing is read or taken for writing any more
        self._gone = False
        self._deadline: asyncio.TimerHandle | None = None
        protocol.connection_made(self)
        self.resume_reading()

    def fileno(self) -> int:
        """The descriptor, for who asks for the socket."""
        return self._descriptor

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Whom to tell from now on."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Who is told."""
        return self._protocol

    # Reading ----------------------------------------------------------------------------------------------------------

    def is_reading(self) -> bool:
        """Whether the protocol gets what comes."""
        return not self._paused and not self._closing

    def pause_reading(self) -> None:
        """Read no more; what the peer sends waits with the peer."""
        if not self._closing:
            self._paused = True
            self._loop.remove_reader(self._descriptor)

    def resume_reading(self) -> None:
        """Read again."""
        if not self._closing:
            self._paused = False
            self._loop.add_reader(self._descriptor, self._read)
            self._loop.call_soon(self._read)  # the rest of a record

    def _read(self) -> None:
        """Read one record, and write what could not be written before it had come."""
        try:
            while self.is_reading() and self._read_piece() and _pending(self._connection):
                pass
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLWantWriteError:
            self._await_room()
        except OSError as error:
            self._lost(error)
        except Exception:  # of the protocol: the loop logs it
            self.abort()
            raise
        if self._outgoing and not self._awaits_room:
            self._write()

    def _read_piece(self) -> int:
        """Let the protocol have what fits into its buffer; how much that was."""
        protocol = self._protocol
        if isinstance(protocol, asyncio.BufferedProtocol):
            size = _receive_into(self._connection, protocol.get_buffer(-1))
            if size:
                protocol.buffer_updated(size)
        else:
            assert isinstance(protocol, asyncio.Protocol)
            data = _receive(self._connection, _RECORD_SIZE)
            size = len(data)
            if size:
                protocol.data_received(data)
        if not size:
            protocol.eof_received()
            self.close()
        return size

    # Writing ----------------------------------------------------------------------------------------------------------

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes, now or as soon as there is room."""
        if self._closing:
            return
        waiting = bool(self._outgoing)
        self._outgoing += data
        if not waiting:
            self._write()
        if not self._full and len(self._outgoing) > _HIGH:
            self._full = True
            self._protocol.pause_writing()

    def can_write_eof(self) -> bool:
        """TLS can't end one direction only."""
        return False

    def get_write_buffer_size(self) -> int:
        """Bytes that wait to be sent."""
        return len(self._outgoing)

    def _write(self) -> None:
        try:
            while self._outgoing:
                del self._outgoing[: _send(self._connection, self._outgoing[:_RECORD_SIZE])]
        except ssl.SSLWantWriteError:
            self._await_room()
        except ssl.SSLWantReadError:
            pass
        except OSError as error:
            self._lost(error)
            return
        if self._full and len(self._outgoing) <= _LOW:
            self._full = False
            self._protocol.resume_writing()
        if self._closing and not self._outgoing:
            self._say_goodbye()

    def _await_room(self) -> None:
        if not self._awaits_room:
            self._awaits_room = True
            self._loop.add_writer(self._descriptor, self._has_room)

    def _has_room(self) -> None:
        self._awaits_room = False
        self._loop.remove_writer(self._descriptor)
        self._read()  # which writes, too

    # The end ----------------------------------------------------------------------------------------------------------

    def is_closing(self) -> bool:
        """Whether the end has begun."""
        return self._closing

    def close(self) -> None:
        """Send what waits, say goodbye, and give the peer `_GOODBYE` seconds to close its side."""
        if not self._closing:
            self._closing = True
            self._loop.remove_reader(self._descriptor)
            if not self._outgoing:
                self._say_goodbye()

    def abort(self) -> None:
        """End the connection at once."""
        self._lost(None)

    def _say_goodbye(self) -> None:
        with suppress(OSError):
            _unwrap(self._connection)  # it is sent; that the answer has not come yet is an error, too
        with suppress(OSError):
            socket.socket.shutdown(self._connection, socket.SHUT_WR)
        self._deadline = self._loop.call_later(_GOODBYE, self.abort)
        self._loop.add_reader(self._descriptor, self._drain)

    def _drain(self) -> None:
        try:
            if socket.socket.recv(self._connection, 65_536):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._lost(None)

    def _lost(self, error: OSError | None) -> None:
        if self._gone:
            return
        self._gone = self._closing = True
        self._loop.remove_reader(self._descriptor)
        self._loop.remove_writer(self._descriptor)
        self._outgoing.clear()
        if self._deadline is not None:
            self._deadline.cancel()
        self._loop.call_soon(self._end, error)

    def _end(self, error: OSError | None) -> None:
        try:
            self._protocol.connection_lost(error)
        finally:
            os.close(self._connection.detach())  # `close` would leave it open while the server holds a file of it
