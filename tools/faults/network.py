"""A network that delays, reorders and loses packets, between this network namespace and another one.

Linux has `tc netem` for that, but many kernels are built without it. A TUN device on either side and a process that
carries packets from one to the other are all it takes: `python -m tools.faults.network DEVICE DEVICE`, where a packet
overtakes another one because each is late by a time of its own.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

#: Seconds that a packet takes, and how many of a thousand never arrive.
DELAYS = (0.01, 0.05)
LOST = 5

#: Of the addresses that are set apart for such tests (RFC 2544): here, and in the other namespace.
HERE = "198.18.77.1"
THERE = "198.18.77.2"

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000


class NotPermitted(Exception):
    """This user, or this system, cannot have namespaces and TUN devices."""


def _tun(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return device


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def bad_network() -> Iterator[list[str]]:
    """Another namespace, behind a bad network; gives the command that starts a command there.

    Raises:
        NotPermitted: there is none to be had.
    """
    ip = shutil.which("ip") or shutil.which("ip", path="/usr/sbin:/sbin")
    if ip is None:
        raise NotPermitted("there is no command ip")
    name = f"faults{os.getpid()}"
    here, there = f"{name}a"[-15:], f"{name}b"[-15:]
    try:
        devices = [_tun(here), _tun(there)]
    except OSError as problem:
        raise NotPermitted(f"no TUN device: {problem}") from None
    carrier = None
    try:
        _run(ip, "netns", "add", name)
        _run(ip, "link", "set", there, "netns", name)
        _run(ip, "addr", "add", f"{HERE}/30", "dev", here)
        _run(ip, "link", "set", here, "up")
        _run(ip, "-n", name, "addr", "add", f"{THERE}/30", "dev", there)
        _run(ip, "-n", name, "link", "set", there, "up")
        carrier = subprocess.Popen([sys.executable, "-m", "tools.faults.network", *map(str, devices)], pass_fds=devices)
        yield [ip, "netns", "exec", name]
    except subprocess.CalledProcessError as problem:
        raise NotPermitted(problem.stderr.decode().strip()) from None
    finally:
        if carrier is not None:
            carrier.kill()
            carrier.wait()
        for device in devices:  # which ends it
            os.close(device)
        with suppress(subprocess.CalledProcessError):
            _run(ip, "netns", "del", name)


def _carry(source: int, target: int) -> None:
    """Take the packets that wait at one end, and let them arrive at the other when it pleases the network."""
    loop = asyncio.get_running_loop()
    with suppress(BlockingIOError):
        while True:
            packet = os.read(source, 65536)
            if random.randrange(1000) >= LOST:
                loop.call_later(random.uniform(*DELAYS), _arrive, target, packet)


def _arrive(target: int, packet: bytes) -> None:
    with suppress(BlockingIOError):  # lost, as in any network that is full
        os.write(target, packet)


async def _carry_both_ways(one: int, other: int) -> None:
    loop = asyncio.get_running_loop()
    loop.add_reader(one, _carry, one, other)
    loop.add_reader(other, _carry, other, one)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_carry_both_ways(int(sys.argv[1]), int(sys.argv[2])))
