"""Files of two releases in one folder: found when the package is imported, and explained.

Flask-SocketIO 5 lies in a folder of the same name, and three of its files have names of ours. pip replaces one release
by the other, since both are the distribution "Flask-SocketIO". What only copies files does not: `pip install --target`
and `--ignore-installed`, images built in layers, archives unpacked over each other, forks under another name. What
comes of it imports half, and fails later, somewhere else.

To import this module is to check it, which the package's `__init__` does first of all. That may be the very file that
is not ours any more, or gone: so the modules that other programs load by name (`flask`, pytest, gunicorn) do it, too.
"""

from __future__ import annotations

import json
import re
import site
import sys
from importlib import metadata
from pathlib import Path

from ._version import __version__

FOLDER = Path(__file__).parent

#: The files that both releases have, and what those of release 5 contain and ours do not.
_SHARED = ("__init__.py", "namespace.py", "test_client.py")
_OTHERS = re.compile(rb"^(?:import|from) socketio\b", re.MULTILINE)


def check(folder: Path = FOLDER) -> None:
    """Raise ImportError, which says what to do, if a file that is loaded from the folder is missing or not ours."""
    foreign, missing = [], []
    for name in _SHARED:
        try:
            if _OTHERS.search((folder / name).read_bytes()):
                foreign.append(name)
        except OSError:
            missing.append(name)
    loose = (folder / "installation.py").exists()  # not in an archive, nor compiled, where no file is like this
    if loose and (foreign or missing):
        raise ImportError(_explanation(folder, foreign, missing))


def _explanation(folder: Path, foreign: list[str], missing: list[str]) -> str:
    lines = [f"The installation of Flask-SocketIO {__version__} in {folder} is broken."]
    if foreign:
        lines += ["These files are of Flask-SocketIO 5, which was copied over it or is left from before:"]
        lines += [f"    {name}" for name in foreign]
    if missing:
        lines += ["These files are missing, perhaps since another release was uninstalled from the same folder:"]
        lines += [f"    {name}" for name in missing]
    return "\n".join([*lines, "Install it anew:", *(f"    {command}" for command in _repair(folder)), ""])


def _repair(folder: Path) -> list[str]:
    """The commands that make the installation whole."""
    pip, parent = f"{sys.executable} -m pip", folder.parent
    installed = [found for found in metadata.distributions(path=[str(parent)]) if _is_ours(found)]
    if (parent.parent / "pyproject.toml").exists():
        return [f"git -C {parent.parent} checkout -- {folder.relative_to(parent.parent)}"]
    source = next(filter(None, map(_source, installed)), f"flask-socketio=={__version__}")
    remains = " ".join(str(path) for path in [folder, *sorted(parent.glob("[Ff]lask_[Ss]ocket[Ii][Oo]-*-info"))])
    if str(parent) in [*site.getsitepackages(), site.getusersitepackages()]:
        return [
            *[f"{pip} uninstall --yes flask-socketio"] * len(installed),
            f"rm -rf {folder}",
            f"{pip} install {source}",
        ]
    return [f"rm -rf {remains}", f"{pip} install --target {parent} --upgrade {source}"]


def _is_ours(found: metadata.Distribution) -> bool:
    return (found.metadata["Name"] or "").lower().replace("_", "-") == "flask-socketio"


def _source(found: metadata.Distribution) -> str | None:
    """What this release was installed from, if that was no index."""
    origin = found.read_text("direct_url.json") if found.version == __version__ else None
    return json.loads(origin)["url"] if origin else None


check()
