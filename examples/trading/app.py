"""The exchange's server. Read it from top to bottom: each function below says what happens when something happens.

A page logs in (`/login`) and connects: it hears what is traded (`listing`) and what its user has (`account`). It looks
at one symbol (`watch`): the answer is the whole book, and from then on it hears what changes (`delta`), numbered, so
that it notices a gap. It sends orders (`order`, `cancel`), and hears what is paid for each symbol (`tick`). It gets all
deltas; of prices and accounts, which are emitted with `latest=`, a page that is slow gets the newest.

All handlers are `async def`: they and the trading run on one loop, one after the other, so there is nothing to lock.
"""

import asyncio
import json
import os
import secrets
import time
from itertools import count
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, request
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user
from msgspec import ValidationError, convert
from werkzeug.security import check_password_hash, generate_password_hash

from examples.shared import bare, shared
from examples.trading.bots import Bots
from examples.trading.exchange import MOST, Book, Order, check
from examples.trading.store import Store
from flask_socketio import EventError, SocketIO, disconnect, emit, join_room, leave_room, rooms

here = Path(__file__).parent
folder = Path(os.environ.get("TRADING_FOLDER") or here / "saved")
folder.mkdir(parents=True, exist_ok=True)
store = Store(folder / "exchange.sqlite3")
accounts = Store(folder / "exchange.sqlite3")  # for HTTP: its requests come on threads, beside the loop

app = Flask(__name__)
app.secret_key = store.kept("secret", secrets.token_hex())
app.config.update(SESSION_COOKIE_NAME="trading", SESSION_COOKIE_SAMESITE="Lax", REMEMBER_COOKIE_SAMESITE="Lax")
app.register_blueprint(shared)
# What draws the candles is the package uplot, which `make demo` fetches from npm.
app.register_blueprint(Blueprint("uplot", __name__, static_folder="node_modules/uplot/dist", static_url_path="/uplot"))
# A page whose connection breaks, by a restart of the server too, comes back with its rooms and gets what it missed.
socketio = SocketIO(app, recovery={"path": folder / "recovery"})

# Of each symbol its name, the price on the first day in cents, and from which hour to which (UTC) it is traded.
listings = json.loads((here / "listings.json").read_text())
# The books count from the time of the start: so after a restart every page notices that the book it has is an old one.
books = {name: Book(name, time.time_ns() // 1_000_000, store.kept(f"candles of {name}", [])) for name in listings}
bots = {symbol: Bots(book, listings[symbol][1]) for symbol, book in books.items()}
for resting in store.waiting():
    books[resting.symbol].carry_out(resting, [])
tick_numbers = count()


class User(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Somebody with an account."""

    def __init__(self, name: str) -> None:
        self.id = name


LoginManager(app).user_loader(User)


@app.get("/")
def page() -> Response:
    """The one page. The Socket.IO client it loads comes from this server too: /socket.io/socket.io.js."""
    return app.send_static_file("index.html")


@app.post("/login")
def login() -> dict[str, str]:
    """Log in. A name that is new opens an account; one that is known needs its password."""
    name, password = " ".join(request.form["name"].split()), request.form["password"]
    if not bare(name) or len(name) > 24:
        return {"error": "Please choose another name, of 1 to 24 characters."}
    if not bare(name).isprintable():
        return {"error": "That name holds characters that nobody can see. Please leave them out."}
    name, hashed = accounts.kept(f"account {bare(name)}", [name, generate_password_hash(password)])
    if not check_password_hash(hashed, password):
        return {"error": f"There is somebody called {name} already, and this is not their password."}
    login_user(User(name), remember=True)
    return {}


@app.post("/logout")
@login_required  # type: ignore[untyped-decorator]
def logout() -> dict[str, str]:
    """Log out. The pages of this user are told, and put out."""
    room = f"user {current_user.id}"
    socketio.emit("logged out", to=room)
    for sid, _ in list(socketio.server.manager.get_participants("/", room)):
        disconnect(sid, namespace="/")
    logout_user()
    return {}


@socketio.on("connect")
async def connect() -> None:
    """A page connects, also after every break."""
    if not current_user.is_authenticated:
        raise EventError("not_logged_in", "Please log in.")
    join_room(f"user {current_user.id}")
    emit("listing", {symbol: [*listings[symbol], book.candles[-1][-1]] for symbol, book in books.items()})
    tell_account(current_user.id)


@socketio.on("watch")
async def watch(symbol: Any) -> dict[str, Any]:
    """A page looks at a symbol, and no longer at another."""
    book = find(symbol)
    for other in books.keys() & rooms():
        leave_room(other)
    join_room(symbol)
    return book.snapshot()


@socketio.on("order", once="key", rate_limit="20/10 seconds")
async def order(wish: Any) -> dict[str, int]:
    """Somebody wants to buy or sell. The page repeats this until it is answered; it is carried out once all the same.

    `once=` answers a repetition, after a restart too. After a `kill -9` it is the file that knows.
    """
    try:
        order = convert({**wish, "account": current_user.id}, Order)
    except (TypeError, ValidationError):
        raise EventError("bad_order", f"An order is for 1 to {MOST:,} shares, at $0.01 to ${MOST:,}.") from None
    if not store.answer(order.account, order.key):
        book, (name, _, opens, closes) = find(order.symbol), listings[order.symbol]
        if not opens <= time.gmtime().tm_hour < closes:
            raise EventError("out_of_hours", f"{name} is traded from {opens}:00 to {closes}:00 UTC.")
        check(order, book.meet(order), store.account(order.account))
        carry_out(order, book)
    return store.answer(order.account, order.key)


@socketio.on("cancel")
async def cancel(key: Any) -> None:
    """Somebody takes an order back, unless it is gone already."""
    for order in [order for book in books.values() for order in book.orders(current_user.id) if order.key == key]:
        store.cancel(order)
        books[order.symbol].take(order, order.quantity)
        tell_account(order.account)


def find(symbol: Any) -> Book:
    """The book of a symbol. Raises EventError if there is none."""
    if symbol not in list(books):
        raise EventError("unknown_symbol", f"There is no {symbol} at this exchange.")
    return books[symbol]


def carry_out(order: Order, book: Book) -> None:
    """Write, do, tell: in this order, so that nobody hears of what a crash could undo."""
    meetings = book.meet(order)
    people = {order.account, *(resting.account for resting, _ in meetings)} - {""}
    if people:
        store.write(order, meetings)
    book.carry_out(order, meetings)
    for name in people:
        tell_account(name)


def tell_account(name: str) -> None:
    """Tell the pages of somebody what they have now."""
    socketio.emit("account", store.account(name), to=f"user {name}", latest="account")


async def keep_trading() -> None:
    """Ten moments of trading a second, in the background, as long as the server runs."""
    for moment in count():
        for book in books.values():
            trade(book)
            if moment % 50 == 0:
                store.keep(f"candles of {book.symbol}", book.candles)
        await asyncio.sleep(0.1)


def trade(book: Book) -> None:
    """A moment of trading: who looks at the book hears what has changed in it, and everybody what was paid."""
    _, _, opens, closes = listings[book.symbol]
    for order in bots[book.symbol].orders() if opens <= time.gmtime().tm_hour < closes else ():
        carry_out(order, book)
    if delta := book.delta(time.time()):
        socketio.emit("delta", delta, to=book.symbol)
        for price, _, _ in delta["trades"][-1:]:
            # The number counts all ticks: by it a slow page knows how many it was spared.
            socketio.emit("tick", [next(tick_numbers), book.symbol, price], latest=book.symbol)


socketio.start_background_task(keep_trading)
