"""The exceptions of this package, all in one place to import from."""

from __future__ import annotations

from .server.errors import ConnectionRefusedError, OverloadedError, TimeoutError

__all__ = ["ConnectionRefusedError", "OverloadedError", "TimeoutError"]
