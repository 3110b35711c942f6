"""A reader of the documentation's first page: writes the files that it shows, and types its commands into a shell.

What the page shows of a command's output has to be printed, line by line and in this order; what else is printed the
page may leave out. Three things are put in the place of others. The port is one that is free. The checkout is this one.
And what the package depends on is there already, from the environment of the tests: nothing is asked of a network.
"""

from __future__ import annotations

import os
import queue
import re
import shlex
import signal
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path
from typing import Final

from tests.e2e.clients import PATIENCE
from tests.e2e.programs import ROOT, free_port

PAGE: Final = ROOT / "docs" / "index.md"

#: A block of the page, and the name of its file if it has one: it stands at the end of the line above.
_BLOCK: Final = re.compile(r"(?ms)^(?:[^\n]*`(?P<file>\S+)`:\n\n)?```(?P<language>\w+)\n(?P<text>.*?)^```$")

#: What the page's tests took is another figure each time.
_SECONDS: Final = re.compile(r"\b\d+\.\d+s\b")

#: Seconds that `pip install` may take.
_INSTALLING: Final = 120.0


def files_of(page: Path) -> dict[str, str]:
    """The files that a page shows, by name."""
    blocks = _BLOCK.finditer(page.read_text(encoding="utf-8"))
    return {block["file"]: block["text"] for block in blocks if block["file"]}


class Shell:
    """A shell that commands are typed into.

    Args:
        folder: where it begins.

    Attributes:
        printed: all lines so far.
    """

    def __init__(self, folder: Path) -> None:
        self.printed: list[str] = []
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._ends: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def type(self, command: str) -> None:
        """Type a command, and wait until the shell takes the next one. It has to go well."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\necho 'ended' $?\n")
        self._process.stdin.flush()
        assert self._ends.get(timeout=_INSTALLING) == 0, f"$ {command}\n" + "".join(self.printed)

    def prints(self, line: str) -> None:
        """Wait for a line, which comes after the one that was waited for before."""
        expected = _SECONDS.sub("", line)
        try:
            while _SECONDS.sub("", self._lines.get(timeout=PATIENCE)) != expected:
                pass
        except queue.Empty:
            raise AssertionError(f"not printed: {line}\n" + "".join(self.printed)) from None

    def close(self) -> None:
        """End it, and all that it has started."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout:
            for line in self._process.stdout:
                if line.startswith("ended "):
                    self._ends.put(int(line.split()[1]))
                else:
                    self.printed.append(line)
                    self._lines.put(line.rstrip("\n"))


class Reader:
    """Follows the page, from its top to its end.

    Args:
        folder: an empty one.

    Attributes:
        shell: the reader's.
        url: where the page says that its chat is.
    """

    def __init__(self, folder: Path) -> None:
        port = str(free_port())
        page = PAGE.read_text(encoding="utf-8")
        assert page.count("path/to/the/checkout") == 1 and "5000" in page
        install = f"--no-index --no-build-isolation {shlex.quote(str(ROOT))}"
        self._page = page.replace("5000", port).replace("path/to/the/checkout", install)
        self._read = 0
        self._folder = folder
        self.url = f"http://127.0.0.1:{port}"
        assert f"<{self.url}>" in self._page
        self.shell = Shell(folder)

    def reads_to(self, words: str) -> None:
        """Do everything that stands between here and these words."""
        begin, self._read = self._read, self._page.index(words, self._read)
        for block in _BLOCK.finditer(self._page, begin, self._read):
            self._does(block)

    def reads_to_the_end(self) -> None:
        """Do everything that is left."""
        self.reads_to("## Where to go on")

    def _does(self, block: re.Match[str]) -> None:
        if block["file"]:
            (self._folder / "chat" / block["file"]).write_text(block["text"], encoding="utf-8")
            return
        assert block["language"] == "console", f"what is a reader to do with this?\n{block[0]}"
        for line in block["text"].splitlines():
            if line.startswith("$ "):
                self.shell.type(line[2:])
            else:
                self.shell.prints(line)


def _environment() -> dict[str, str]:
    """The variables of a shell whose `python3` is ours, and finds our packages."""
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(map(sysconfig.get_path, ("purelib", "platlib")))),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "COLUMNS": "80",
    }
