"""Flask-Babel: state for each request, found by a selector that asks the request, the session or the user."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from flask import Flask, session
from flask_babel import Babel, force_locale, format_date, get_locale

from flask_socketio import SocketIO, SocketIOTestClient, request

NEW_YEAR = datetime.date(2024, 1, 1)


@pytest.fixture
def app() -> Flask:
    app = Flask("app")
    app.secret_key = "secret"
    Babel(app, locale_selector=lambda: session.get("locale") or request.accept_languages.best_match(["en", "de"]))
    socketio = SocketIO(app)
    socketio.on_event("say", lambda: [str(get_locale()), format_date(NEW_YEAR, "full")])

    @socketio.on("choose")
    def choose(locale: str) -> None:
        session["locale"] = locale

    @socketio.on("forced")
    async def forced(locale: str) -> Any:
        with force_locale(locale):
            return format_date(NEW_YEAR, "full")

    return app


def test_the_locale_of_the_handshake_until_another_one_is_chosen(app: Flask) -> None:
    def connect(languages: str) -> SocketIOTestClient:
        client: SocketIOTestClient = app.extensions["socketio"].test_client(app, headers={"Accept-Language": languages})
        return client

    german, english = connect("de, en;q=0.5"), connect("en")
    for _ in range(2):
        assert german.emit("say", callback=True) == ["de", "Montag, 1. Januar 2024"]
        assert english.emit("say", callback=True)[0] == "en"
    german.emit("choose", "fr")
    assert german.emit("say", callback=True) == ["fr", "lundi 1 janvier 2024"]
    assert german.emit("forced", "es", callback=True) == "lunes, 1 de enero de 2024"
    assert german.emit("say", callback=True)[0] == "fr"
    assert english.emit("say", callback=True)[0] == "en"
