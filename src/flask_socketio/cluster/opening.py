"""Which bus a URL means."""

from __future__ import annotations

from .bus import Bus


def open_bus(url: str, channel: str) -> Bus:
    """The bus behind a message queue's URL. Nothing is connected yet.

    Raises:
        ValueError: there is no such kind of bus, or the URL makes no sense.
        RuntimeError: the package that talks to it is not installed.
    """
    scheme, is_url, _ = url.partition("://")
    scheme = scheme.lower()
    if not is_url or scheme not in ("redis", "rediss", "unix", "valkey", "valkeys"):
        given = f"{scheme}://..." if is_url else url.rpartition("@")[2]  # what stands before an @ may be a password
        raise ValueError(
            f"message_queue={given!r} is not supported. What works is Redis: redis://host:6379/0, rediss:// with TLS, "
            "unix:///path/of.sock; and Valkey: valkey://, valkeys://"
        )
    try:
        from .redis import RedisBus  # noqa: PLC0415  # redis-py is for those who use it
    except ImportError as missing:
        raise RuntimeError(
            f"message_queue={scheme}://... needs redis-py, which is not installed: pip install 'flask-socketio[redis]'"
        ) from missing
    return RedisBus(url, channel)
