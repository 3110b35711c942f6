"""What the tests of the chat drive it with: its server as a process, a cable to cut, and people at their browsers."""

from __future__ import annotations

import contextlib
import math
import queue
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Final

from playwright.sync_api import APIResponse, BrowserContext, ConsoleMessage, Locator, Page, expect

from examples.chat.history import History
from tests.e2e.programs import Program, free_port

# What Chromium itself writes to the console when a server cannot be reached; no page can prevent it.
CHROMIUMS_OWN: Final = ("Failed to load resource: ", "WebSocket connection to ")


class ChatServer(Program):
    """The chat, served by a process of its own, always on the same port and with the same folder."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "chat.sqlite3"
        self.files = folder / "files"
        self.port = free_port()
        self.was_stopped = False
        environment = {"PORT": str(self.port), "CHAT_FOLDER": str(folder)}
        super().__init__("-m", "examples.chat", environment=environment)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """End it, by SIGTERM as a deploy does unless another signal is given, and wait until it is gone."""
        self.was_stopped = True
        return super().stop(how)


def fill(server: ChatServer, *texts: str) -> None:
    """Put messages of Grace's into the lobby's history, behind the server's back."""
    history = History(server.database)
    for number, text in enumerate(texts):
        history.add(f"{number:032x}", "lobby", "Grace", text, None, None)


class Cable:
    """A cable to the server, which the test can cut or make deaf, or which refuses WebSocket as some proxies do.

    Args:
        to_port: the server's.
        delay: how long what is said is under way, in seconds; in both directions.
        rate: how much passes each direction in a second, in bytes. Chromium's own throttling spares WebSockets.
    """

    def __init__(self, to_port: int, *, delay: float = 0.0, rate: float = math.inf) -> None:
        self._delay = delay
        self._rate = rate
        self.was_cut = False
        self._is_deaf = False
        self._refuses_websocket = False
        self._to_port = to_port
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def make_deaf(self) -> None:
        """From now on nothing that the server says arrives, while the server still hears everything."""
        self._is_deaf = True

    def refuse_websocket(self) -> None:
        """From now on a request for a WebSocket is answered with an error."""
        self._refuses_websocket = True

    def cut(self) -> None:
        """Break every connection through the cable. New ones work, in both directions."""
        self.was_cut = True
        ends, self._ends = self._ends, []
        for end in ends:
            hang_up(end)
        self._is_deaf = False

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return  # closed
            try:
                server = socket.create_connection(("127.0.0.1", self._to_port))
            except OSError:
                browser.close()
                continue
            self._ends += [browser, server]
            threading.Thread(target=self._carry, args=(browser, server, False), daemon=True).start()
            threading.Thread(target=self._carry, args=(server, browser, True), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, is_from_server: bool) -> None:
        line = _Line(target, self._delay, self._rate)
        try:
            while data := source.recv(65536):
                if self._refuses_websocket and b"Upgrade: websocket" in data:
                    source.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    break
                if not (is_from_server and self._is_deaf):
                    line.send(data)
        except OSError:
            pass  # the other direction broke, or the test cut the cable
        hang_up(source)
        line.end()


class _Line:
    """One direction of a cable. What is under way on a slow one is passed on by a thread."""

    def __init__(self, target: socket.socket, delay: float, rate: float) -> None:
        self._target = target
        self._delay = delay
        self._rate = rate
        self._free = 0.0  # when what was sent so far has passed
        self._under_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        if delay:
            threading.Thread(target=self._pass_on, daemon=True).start()

    def send(self, data: bytes) -> None:
        """Send something. Raises OSError if it is known by now that nobody is there to receive it."""
        if not self._delay:
            self._target.sendall(data)
            return
        self._free = max(self._free, time.monotonic()) + len(data) / self._rate
        self._under_way.put((self._free + self._delay, data))

    def end(self) -> None:
        """Hang up, after all that is under way."""
        if self._delay:
            self._under_way.put((0.0, b""))
        else:
            hang_up(self._target)

    def _pass_on(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._next():
                self._target.sendall(data)
        hang_up(self._target)

    def _next(self) -> bytes:
        due, data = self._under_way.get()
        time.sleep(max(0.0, due - time.monotonic()))
        return data


def hang_up(end: socket.socket) -> None:
    """Close a socket so that the other end and a thread that reads from it notice at once."""
    with contextlib.suppress(OSError):  # it may be closed already
        end.shutdown(socket.SHUT_RDWR)
    end.close()


class Person:
    """Somebody with the chat open in a tab."""

    def __init__(self, context: BrowserContext, url: str, name: str) -> None:
        self.name = name
        self.went_offline = False
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.goto(url)

    @property
    def texts(self) -> Locator:
        """What has been said, as this page shows it, from top to bottom."""
        return self.page.locator(".message .text")

    @property
    def status(self) -> Locator:
        """The line that tells the state of the connection."""
        return self.page.locator("#status")

    def join(self) -> None:
        """Give the name and come in."""
        self.page.get_by_label("Your name").fill(self.name)
        self.page.get_by_role("button", name="Join").click()

    def say(self, *texts: str) -> None:
        for text in texts:
            self.page.get_by_label("Message", exact=True).fill(text)
            self.page.get_by_label("Message", exact=True).press("Enter")

    def share(self, file: Path, content: bytes) -> None:
        """Write a file, and choose it to be shared."""
        file.write_bytes(content)
        self.page.locator("#files").set_input_files(file)

    @property
    def sending(self) -> Locator:
        """How far the files have got that are on their way."""
        return self.page.get_by_role("progressbar")

    def has_sent(self, part: float) -> None:
        """Wait until so much of a file has arrived, but not all."""
        self.page.wait_for_function(
            "(part) => { const { value, max } = document.querySelector('progress') ?? {}; return value / max > part; }",
            arg=part,
        )

    def fetch(self, file: Locator) -> APIResponse:
        """Fetch a file, or the picture in it, as a click would."""
        address = file.evaluate("(file) => file.href")
        return self.page.request.get(address)

    def sees(self, *texts: str) -> None:
        """Wait until the page shows exactly these messages, in this order, all of them in the server's hands."""
        expect(self.texts).to_have_text(list(texts))
        expect(self.page.locator(".message:not([data-state=''])")).to_have_count(0)

    def is_connected(self) -> None:
        """Wait until the page is connected and shows all there is."""
        expect(self.status).to_have_attribute("data-state", "connected")
        expect(self.page.get_by_role("log")).to_have_attribute("aria-busy", "false")

    def is_waiting(self) -> None:
        """Wait until the page knows that the connection is broken."""
        expect(self.status).to_have_attribute("data-state", "waiting")

    def try_now(self) -> None:
        """Let the page try to connect, if it waits."""
        self.page.evaluate("dispatchEvent(new Event('online'))")

    @property
    def was_recovered(self) -> bool:
        """Whether the server remembered this page when it connected last."""
        recovered: bool = self.page.evaluate(
            "import('./static/main.js').then(({ connection }) => connection.socket.recovered)"
        )
        return recovered

    def go_offline(self) -> None:
        self.went_offline = True
        self.page.context.set_offline(True)
        self.is_waiting()

    def go_online(self) -> None:
        self.page.context.set_offline(False)

    def complaints_about_us(self, *, was_cut: bool) -> list[str]:
        """Errors in the console; without Chromium's own about a server that the test took away."""
        if not (was_cut or self.went_offline):
            return self.complaints
        return [complaint for complaint in self.complaints if not complaint.startswith(CHROMIUMS_OWN)]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)
