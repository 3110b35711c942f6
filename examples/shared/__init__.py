"""What the pages of the examples have in common, served at /shared/: the line to the server, storage, colours."""

from __future__ import annotations

from flask import Blueprint

shared = Blueprint("shared", __name__, static_folder="static", static_url_path="/shared")
