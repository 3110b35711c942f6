# mypy: ignore-errors
"""The app on python-socketio's asyncio server, under uvicorn."""

import argparse

import socketio
import uvicorn

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
options = parser.parse_args()

server = socketio.AsyncServer(async_mode="asgi")


@server.on("echo")
async def echo(sid, message):
    await server.emit("echo", message, to=sid)


@server.on("echo_async")
async def echo_async(sid, message):
    await server.emit("echo_async", message, to=sid)


@server.on("join")
async def join(sid, room):
    await server.enter_room(sid, room)


@server.on("say")
async def say(sid, message):
    await server.emit("say", message, to=message["room"])


uvicorn.run(socketio.ASGIApp(server), port=options.port, log_level="warning", ws="websockets")
