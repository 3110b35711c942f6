"""The law of the layers: which folder may import what. Imports only point down.

The law is the two tables below; everything after them reads the imports of a tree and holds them against the tables.
It reads the syntax and runs nothing, so that an import inside a function or under TYPE_CHECKING counts as well:
what a module needs to know in order to be understood is what it names, whenever that is loaded.
"""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "flask_socketio"

#: What each layer may import of the others, from the bottom up. A layer is a folder; the face of the package, which
#: is what Flask developers meet, is the modules beside the folders. Transport and cluster do not know each other.
LAYERS = {
    "protocol": [],
    "hub": ["protocol"],
    "transport": ["hub", "protocol"],
    "cluster": ["hub", "protocol"],
    "server": ["transport", "cluster", "hub", "protocol"],
    "hosts": ["server", "transport", "cluster", "hub", "protocol"],
    "face": ["hosts", "server", "transport", "cluster", "hub", "protocol"],
}

WAITING = ["transport", "cluster", "server", "hosts", "face"]
FLASK = ["hosts", "face"]
THREADS = ["server/threads"]

#: Where alone these modules of others may be imported: layers, folders, or single files. Every other module is free.
#: For `a.b.c` the row of `a.b` counts before the row of `a`.
RESERVED = {
    # What waits or reads a clock stays out of protocol and hub: they are handed `now` and bytes.
    "asyncio": WAITING,
    "select": WAITING,
    "selectors": WAITING,
    "socket": WAITING,
    "ssl": WAITING,
    "time": WAITING,
    "uvloop": WAITING,
    # Flask is what the product is for, and still only its face and the hosts say so.
    "flask": FLASK,
    "flask.globals": ["context.py"],  # its context variables are private, and other in every version
    "werkzeug": FLASK,
    # One folder starts threads and locks them, so that everything else may be read as if there were none.
    "_thread": THREADS,
    "asyncio.to_thread": THREADS,
    "concurrent": THREADS,
    "threading": THREADS,
    # What these offer us is not in their documented interface: the next version should cost us one file.
    "picows": ["transport/picows_link.py", "transport/picows_stand_ins.py", "transport/frame_cutter.py"],
    "redis": ["cluster/redis.py"],  # whoever has no message queue need not have it installed
    "uvicorn": ["hosts"],
}

#: Methods that put work on a thread without an import to show for it.
THREAD_STARTERS = {"run_in_executor", "to_thread"}


@dataclass(frozen=True)
class Import:
    """One name that a file imports, as a dotted path: `from a import b` is `a.b`."""

    file: Path
    line: int
    name: str


#: Looks through a package and tells each breach of the law: where, what and why.
Check: TypeAlias = Callable[[Path], Iterator[str]]


# Reading a tree -------------------------------------------------------------------------------------------------------


def files_of(package: Path) -> list[Path]:
    return sorted(package.rglob("*.py"))


def module_of(file: Path, package: Path) -> str:
    """The dotted name of a file: `flask_socketio.hub.rooms`."""
    parts = file.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(file: Path, package: Path) -> Iterator[Import]:
    """Everything that a file imports, relative imports made absolute."""
    folder = file.parent.relative_to(package.parent).parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            origin = ""
        elif isinstance(node, ast.ImportFrom):
            above = folder[: len(folder) + 1 - node.level] if node.level else ()
            origin = ".".join([*above, *([node.module] if node.module else [])]) + "."
        else:
            continue
        for alias in node.names:
            yield Import(file, node.lineno, origin + alias.name)


def modules_named(name: str, modules: set[str]) -> str | None:
    """The module of ours that an imported name is, or is in; None for what is not ours."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


def layer_of(module: str, package: Path) -> str:
    """The folder of a module, or "face"."""
    first = module.split(".")[1:2]
    return first[0] if first and (package / first[0]).is_dir() else "face"


def import_graph(package: Path) -> dict[str, set[str]]:
    """Which of our modules imports which."""
    modules = {module_of(file, package) for file in files_of(package)}
    return {
        module_of(file, package): {
            module for found in imports_of(file, package) if (module := modules_named(found.name, modules))
        }
        for file in files_of(package)
    }


# Holding it against the law -------------------------------------------------------------------------------------------


def complaint(file: Path, line: int, package: Path, text: str) -> str:
    return f"{file.relative_to(package.parent.parent)}:{line}: {text}"


def wrong_directions(package: Path) -> Iterator[str]:
    """Imports of ours that do not point down."""
    modules = {module_of(file, package) for file in files_of(package)}
    for file in files_of(package):
        layer = layer_of(module_of(file, package), package)
        allowed = LAYERS.get(layer)
        if allowed is None:
            yield complaint(file, 1, package, f"no layer is called '{layer}': give it a row in the table of layers")
            continue
        for found in imports_of(file, package):
            target = modules_named(found.name, modules)
            if target and layer_of(target, package) not in [layer, *allowed]:
                only = ", ".join(allowed) or "none of the others"
                yield complaint(file, found.line, package, f"imports {target}, but {layer} may import {only}")


def strangers(package: Path) -> Iterator[str]:
    """Modules of others, imported where they may not be."""
    for file in files_of(package):
        places = {layer_of(module_of(file, package), package), *places_of(file, package)}
        for found in imports_of(file, package):
            row = modules_named(found.name, set(RESERVED))
            if row and places.isdisjoint(RESERVED[row]):
                only = ", ".join(RESERVED[row])
                yield complaint(file, found.line, package, f"imports {found.name}, but {row} is for {only} alone")


def places_of(file: Path, package: Path) -> set[str]:
    """A file and the folders it is in, by their paths in the package."""
    path = file.relative_to(package)
    return {path.as_posix(), *(folder.as_posix() for folder in path.parents)}


def stray_threads(package: Path) -> Iterator[str]:
    """Work put on a thread by other ways than an import."""
    for file in files_of(package):
        if not places_of(file, package).isdisjoint(THREADS):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in THREAD_STARTERS:
                text = f"calls {node.attr}, but threads are for {', '.join(THREADS)} alone"
                yield complaint(file, node.lineno, package, text)


def cycles(package: Path) -> Iterator[str]:
    """The first circle of modules that import each other."""
    try:
        graphlib.TopologicalSorter(import_graph(package)).prepare()
    except graphlib.CycleError as error:
        yield "modules import each other in a circle: " + " <- ".join(error.args[1])


def twins(package: Path) -> Iterator[str]:
    """A file that is the asynchronous copy of the file beside it."""
    for file in files_of(package):
        plain = file.stem.removeprefix("async_").removeprefix("aio_").removesuffix("_async")
        if plain != file.stem and file.with_stem(plain).exists():
            yield complaint(file, 1, package, f"a twin of {plain}.py: there is one loop, and no file is written twice")


CHECKS = [wrong_directions, strangers, stray_threads, cycles, twins]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_package_keeps_the_law(check: Check) -> None:
    breaches = list(check(PACKAGE))
    assert not breaches, "\n".join(breaches)


# The checks themselves, on small trees --------------------------------------------------------------------------------

BAD_TREES: list[tuple[Check, dict[str, str], str]] = [
    (
        wrong_directions,
        {"hub/rooms.py": "def f():\n    from ..server.client import Client", "server/client.py": ""},
        "src/flask_socketio/hub/rooms.py:2: imports flask_socketio.server.client, but hub may import protocol",
    ),
    (
        wrong_directions,
        {"transport/polling.py": "import flask_socketio.cluster.bus", "cluster/bus.py": ""},
        "src/flask_socketio/transport/polling.py:1: imports flask_socketio.cluster.bus, "
        "but transport may import hub, protocol",
    ),
    (
        wrong_directions,
        {"hosts/native.py": "from .. import SocketIO", "__init__.py": ""},
        "src/flask_socketio/hosts/native.py:1: imports flask_socketio, "
        "but hosts may import server, transport, cluster, hub, protocol",
    ),
    (
        wrong_directions,
        {"protocol/a.py": "from ..hub import b", "hub/b.py": ""},
        "src/flask_socketio/protocol/a.py:1: imports flask_socketio.hub.b, but protocol may import none of the others",
    ),
    (
        wrong_directions,
        {"utils/text.py": ""},
        "src/flask_socketio/utils/text.py:1: no layer is called 'utils': give it a row in the table of layers",
    ),
    (
        strangers,
        {"server/server.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from flask import Flask"},
        "src/flask_socketio/server/server.py:3: imports flask.Flask, but flask is for hosts, face alone",
    ),
    (
        strangers,
        {"protocol/engineio.py": "import time as clock"},
        "src/flask_socketio/protocol/engineio.py:1: imports time, "
        "but time is for transport, cluster, server, hosts, face alone",
    ),
    (
        strangers,
        {"server/tasks.py": "from asyncio import to_thread"},
        "src/flask_socketio/server/tasks.py:1: imports asyncio.to_thread, "
        "but asyncio.to_thread is for server/threads alone",
    ),
    (
        stray_threads,
        {"hosts/native.py": "loop.run_in_executor(None, work)"},
        "src/flask_socketio/hosts/native.py:1: calls run_in_executor, but threads are for server/threads alone",
    ),
    (
        cycles,
        {"hub/a.py": "from . import b", "hub/b.py": "def f():\n    from .a import name"},
        "modules import each other in a circle: flask_socketio.hub.a <- flask_socketio.hub.b <- flask_socketio.hub.a",
    ),
    (
        twins,
        {"server/async_client.py": "", "server/client.py": ""},
        "src/flask_socketio/server/async_client.py:1: a twin of client.py: "
        "there is one loop, and no file is written twice",
    ),
]


def plant(root: Path, files: dict[str, str]) -> Path:
    """Write a package with these files and return its folder."""
    package = root / "src" / "flask_socketio"
    for name, text in files.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, encoding="utf-8")
    return package


@pytest.mark.parametrize(("check", "files", "expected"), BAD_TREES)
def test_a_breach_is_found_and_said(tmp_path: Path, check: Check, files: dict[str, str], expected: str) -> None:
    assert list(check(plant(tmp_path, files))) == [expected]


def test_a_lawful_tree_passes_every_check(tmp_path: Path) -> None:
    package = plant(
        tmp_path,
        {
            "__init__.py": "from .extension import SocketIO",
            "extension.py": "import flask\nfrom .hosts.native import run",
            "hosts/native.py": "import uvicorn\nfrom ..server import server, threads",
            "server/server.py": "import asyncio, time\nfrom ..transport.engine import Engine\nfrom . import threads",
            "server/threads/__init__.py": "import threading\nfrom concurrent.futures import Future",
            "server/async_only.py": "",
            "transport/engine.py": "from ..protocol import engineio\nfrom ..hub.rooms import Rooms",
            "hub/rooms.py": "import json\nfrom ..protocol.engineio import EncodedPacket",
            "protocol/engineio.py": "import base64",
        },
    )
    assert [breach for check in CHECKS for breach in check(package)] == []
