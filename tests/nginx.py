"""A real nginx for a test, with the configuration of the documentation."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from tests.certificate import CERTIFICATE
from tests.e2e.clients import PATIENCE
from tests.e2e.programs import free_port

_PAGE = Path(__file__).parents[1] / "docs" / "deployment.md"

#: What nginx needs around the documented text: no rights, and a folder of its own.
_AROUND = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{text}
}}
"""


def documented() -> list[str]:
    """The configurations on the page about deployment: the whole one, the location of a prefix, several servers."""
    return re.findall(r"```nginx\n(.*?)```", _PAGE.read_text(), re.DOTALL)


def put(text: str, values: Mapping[str, str]) -> str:
    """Replace what stands there for an example; each must be there."""
    for example, value in values.items():
        assert example in text, f"{example} is not in the documented configuration any more"
        text = text.replace(example, value)
    return text


class Nginx:
    """Debian's nginx on a free port of this machine, ending TLS with the certificate of the tests.

    Args:
        folder: where it may write.
        text: its configuration, as documented.
        upstreams: what stands for the example's servers; see `put`.
    """

    def __init__(self, folder: Path, text: str, upstreams: Mapping[str, str]) -> None:
        port = free_port()
        self.url = f"https://localhost:{port}"
        text = put(
            text,
            {
                "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
                "/etc/ssl/chat.pem": str(CERTIFICATE),
                "/etc/ssl/chat.key": str(CERTIFICATE),
                **upstreams,
            },
        )
        configuration = folder / "nginx.conf"
        configuration.write_text(_AROUND.format(folder=folder, text=text))
        self.output: list[str] = []
        self._process = subprocess.Popen(
            ["nginx", "-p", folder, "-c", configuration, "-e", "stderr"], stderr=subprocess.PIPE, text=True
        )
        self._serves = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        try:
            assert self._serves.wait(PATIENCE), self.output
        except BaseException:  # nobody has it yet who could stop it
            self.stop()
            raise

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr:
            for line in self._process.stderr:
                self.output.append(line)
                if "event method" in line:  # it listens already
                    self._serves.set()
        self._serves.set()
