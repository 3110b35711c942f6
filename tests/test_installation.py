"""Trees in which the files of two releases are mixed, really imported, in a process of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import flask_socketio
from flask_socketio import __version__, installation

SOURCE = Path(flask_socketio.__file__).parent

#: Files with the names and the imports of release 5, which is all that they have of it.
RELEASE_5 = {
    "__init__.py": "import socketio\n\nfrom .namespace import Namespace\nfrom .test_client import SocketIOTestClient\n",
    "namespace.py": "from socketio import Namespace as _Namespace\n\nclass Namespace(_Namespace): ...\n",
    "test_client.py": "import uuid\n\nfrom socketio import packet\n\nclass SocketIOTestClient: ...\n",
}


class Tree:
    """A folder to install into, with this release in it, and python-socketio beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "libs"
        self.package = self.folder / "flask_socketio"
        shutil.copytree(SOURCE, self.package, ignore=shutil.ignore_patterns("client", "__pycache__"))
        (self.folder / "socketio.py").write_text("packet = None\n\nclass Namespace: ...\n")
        self._others = folder / "others"
        self._others.mkdir()
        for other in SOURCE.parent.iterdir():
            if not other.name.startswith("flask_socketio"):
                (self._others / other.name).symlink_to(other)

    def overwrite(self, *names: str) -> None:
        for name in names:
            (self.package / name).write_text(RELEASE_5[name])

    def remove(self, *names: str) -> None:
        for name in names:
            (self.package / name).unlink()

    def describe(self, version: str, origin: str | None = None) -> None:
        """Write what pip notes of an installed release."""
        info = self.folder / f"flask_socketio-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: Flask-SocketIO\nVersion: {version}\n")
        if origin is not None:
            (info / "direct_url.json").write_text(f'{{"url": "{origin}", "dir_info": {{}}}}')

    def run(self, program: str) -> str:
        """What a program that finds the tree first says: its output, or the error that ends it."""
        environment = {**os.environ, "PYTHONPATH": str(self.folder)}
        # Where the tests have the package from, there is now all but the package.
        path = f"import sys; sys.path[sys.path.index({str(SOURCE.parent)!r})] = {str(self._others)!r}\n"
        command = [sys.executable, "-c", path + program]
        process = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=50)
        return process.stdout if process.returncode == 0 else process.stderr


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


WHERE = "import flask_socketio; print(flask_socketio.SocketIO.__module__, flask_socketio.__file__)"


def test_python_socketio_and_the_notes_of_two_releases_are_nothing_to_worry_about(tree: Tree) -> None:
    tree.describe("5.7.0")
    tree.describe(__version__)
    assert tree.run(WHERE).strip() == f"flask_socketio.extension {tree.package / '__init__.py'}"


@pytest.mark.parametrize("names", [["namespace.py"], ["test_client.py"], ["namespace.py", "test_client.py"]])
def test_files_of_release_5_over_ours(tree: Tree, names: list[str]) -> None:
    tree.overwrite(*names)
    said = tree.run(WHERE)
    assert f"ImportError: The installation of Flask-SocketIO {__version__} in {tree.package} is broken." in said
    assert "These files are of Flask-SocketIO 5" in said
    assert [line.strip() for line in said.splitlines() if line.strip() in RELEASE_5] == names


@pytest.mark.parametrize("name", ["namespace.py", "test_client.py"])
def test_a_file_that_was_uninstalled_with_release_5(tree: Tree, name: str) -> None:
    tree.remove(name)
    said = tree.run(WHERE)
    assert "These files are missing" in said
    assert f"    {name}\n" in said


@pytest.mark.parametrize("module", ["cli", "gunicorn", "pytest_plugin"])
@pytest.mark.parametrize("change", [Tree.overwrite, Tree.remove])
def test_what_other_programs_load_says_it_where_the_package_itself_cannot(
    tree: Tree, module: str, change: Callable[..., None]
) -> None:
    change(tree, *RELEASE_5)
    assert "ImportError" not in tree.run("import flask_socketio")
    said = tree.run(f"import flask_socketio.{module}")
    assert "ImportError: The installation of" in said
    assert "    __init__.py\n" in said


def repair(tree: Tree) -> list[str]:
    """The commands that the error ends with."""
    tree.overwrite("namespace.py")
    return [line.strip() for line in tree.run(WHERE).partition("Install it anew:\n")[2].splitlines() if line.strip()]


def test_the_commands_for_a_folder_of_its_own(tree: Tree) -> None:
    tree.describe("5.7.0")
    tree.describe(__version__, "file:///checkout")
    libs = tree.folder
    assert repair(tree) == [
        f"rm -rf {tree.package} {libs}/flask_socketio-5.7.0.dist-info {libs}/flask_socketio-{__version__}.dist-info",
        f"{sys.executable} -m pip install --target {libs} --upgrade file:///checkout",
    ]


def test_the_commands_for_a_checkout(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    assert repair(tree) == [f"git -C {tmp_path} checkout -- libs/flask_socketio"]


def test_the_commands_for_where_pip_installs(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.describe("5.7.0")
    tree.describe(__version__)
    tree.remove("test_client.py")
    monkeypatch.setattr("site.getsitepackages", lambda: [str(tree.folder)])
    with pytest.raises(ImportError) as error:
        installation.check(tree.package)
    pip = f"{sys.executable} -m pip"
    assert [line.strip() for line in str(error.value).splitlines()[-4:]] == [
        f"{pip} uninstall --yes flask-socketio",
        f"{pip} uninstall --yes flask-socketio",
        f"rm -rf {tree.package}",
        f"{pip} install flask-socketio=={__version__}",
    ]


def test_files_that_cannot_be_read_are_in_an_archive(tmp_path: Path) -> None:
    installation.check(tmp_path / "archive.zip" / "flask_socketio")
