"""The floor: picows alone sends the bytes of a message back, or on to everyone. No packet is taken apart.

What a server needs above this is the price of its protocol and of its API. The handshake is answered with fixed text,
so that the load can speak to it as to the others.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_create_server

OPEN = b'0{"sid":"-","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
rooms: defaultdict[bytes, set[WSTransport]] = defaultdict(set)


class Connection(WSListener):
    """Tells the few messages of the load from each other by their first bytes."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Stands for Engine.IO's handshake."""
        transport.send(WSMsgType.TEXT, OPEN)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Sends a message where the peers' handlers do."""
        packet = frame.get_payload_as_bytes()
        if packet.startswith((b'42["echo', b"451-")) or frame.msg_type is WSMsgType.BINARY:
            transport.send(frame.msg_type, packet)
        elif packet.startswith(b'42["say"'):
            for member in rooms[packet.split(b'"', 6)[5]]:
                member.send(WSMsgType.TEXT, packet)
        elif packet.startswith(b'420["join"'):
            rooms[packet.split(b'"', 4)[3]].add(transport)
            transport.send(WSMsgType.TEXT, b"430[]")
        elif packet == b"40":
            transport.send(WSMsgType.TEXT, b'40{"sid":"-"}')

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Nobody is left behind in a room."""
        for members in rooms.values():
            members.discard(transport)


async def serve(port: int) -> None:
    """Serve until the process is ended."""
    server = await ws_create_server(lambda request: Connection(), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(serve(parser.parse_args().port))
