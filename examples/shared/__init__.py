"""What the pages of the examples have in common, served at /shared/: the line to the server, storage, colours."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from werkzeug import Response

# In Persian words and in joined emoji they stand between characters. Alone they are nothing that anybody sees.
JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))

shared = Blueprint("shared", __name__, static_folder="static", static_url_path="/shared")


@shared.before_app_request
def end_with_a_slash() -> Response | None:
    """An example that is mounted below a prefix, see `examples.start`, finds its files beside `/prefix/`."""
    return redirect(request.script_root + "/") if request.environ["PATH_INFO"] == "" else None


def bare(name: str) -> str:
    """A name without joiners and capitals. Two names look the same, more or less, if they are the same by this."""
    return name.translate(JOINERS).casefold()
