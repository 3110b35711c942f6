"""Finds gevent and eventlet, whose green threads are no longer needed and do harm, and tells how to remove them.

gevent and eventlet replace Python's threads and sockets by their own. A server on an asyncio loop beside real threads
cannot live on these: it would hang, sooner or later, somewhere. So it does not begin.
"""

from __future__ import annotations

import itertools
import re
import shlex
import sys
from collections.abc import Iterator
from types import FrameType

#: The module that knows of the patch, the function that tells of it, what it is asked, for each of the two.
_PATCHERS = {
    "gevent": ("gevent.monkey", "is_module_patched", ("threading", "socket")),
    "eventlet": ("eventlet.patcher", "is_monkey_patched", ("thread", "socket")),
}
_PATCH = re.compile(r"^[^#]*\b(patch_all|monkey_patch)\s*\(")
_WORKER = "flask_socketio.gunicorn.Worker"
#: Where gunicorn's green workers are, of which it imports the one that it was told to use.
_WORKERS = {"gunicorn.workers.ggevent", "gunicorn.workers.geventlet", "geventwebsocket.gunicorn.workers"}
#: Packages that patch because the user has chosen a green worker; and this one, which only says the words.
_NOT_THEIRS = {"eventlet", "flask_socketio", "gevent", "geventwebsocket", "gunicorn"}
_WORKER_OPTION = re.compile(r"(-k|--worker-class=)(.*)")


def refuse_green_threads() -> None:
    """Raise RuntimeError, with the way out, if threads or sockets are not Python's own."""
    for library, (module, function, names) in _PATCHERS.items():
        tells = getattr(sys.modules.get(module), function, None)
        if tells is not None and any(tells(name) for name in names):
            raise RuntimeError(
                f"{library} has replaced Python's threads and sockets, and Flask-SocketIO 6 needs the real ones: it "
                f"serves thousands of clients without {library}. {_way_out()}"
            )


def _way_out() -> str:
    ways = [f"Delete this line:\n\n    {place}\n" for place in itertools.islice(_patching_lines(), 1)]
    if not _WORKERS.isdisjoint(sys.modules):
        before, after = _command(sys.argv), _command(_without_green(sys.argv))
        ways.append(f"Replace this command\n\n    {before}\n\nby\n\n    {after}\n")
    if not ways:
        return "Delete the call of monkey.patch_all() or eventlet.monkey_patch() at the beginning of your program."
    return "\n".join(ways)


def _command(argv: list[str]) -> str:
    program = argv[0].removesuffix("/__main__.py").rsplit("/", 1)[-1]
    return shlex.join([program, *argv[1:]])


def _without_green(argv: list[str]) -> list[str]:
    """The command with our worker class; what only green workers or threads need is left out."""
    command: list[str] = []
    arguments = iter(argv[1:])
    for argument in arguments:
        option = _WORKER_OPTION.fullmatch(argument)
        if argument in ("-k", "--worker-class", "--threads", "--worker-connections"):
            next(arguments, None)
        elif not option and not argument.startswith(("--threads=", "--worker-connections=")):
            command.append(argument)
    return [argv[0], "-k", _WORKER, *command]


def _patching_lines() -> Iterator[str]:
    """Lines that patch, in the files that are being run or imported, the outermost first.

    What a green worker patches by itself is not the user's to delete.
    """
    files: list[str] = []
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] not in _NOT_THEIRS:
            files.append(frame.f_code.co_filename)
        frame = frame.f_back
    for file in dict.fromkeys(reversed(files)):
        try:
            with open(file, encoding="utf-8") as source:
                for number, line in enumerate(source, 1):
                    if _PATCH.search(line):
                        yield f"{file}:{number}: {line.strip()}"
        except (OSError, UnicodeDecodeError):
            continue
