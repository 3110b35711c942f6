"""The exchange's server. Read it from top to bottom: each function below says what happens when something happens.

A page logs in (`/login`) and connects, which tells it what is traded (`listing`) and what its user has (`account`,
`fills`). It looks at one symbol (`watch`): the answer is the whole book, and from then on it hears what changes
(`delta`), numbered, so that it notices a gap. It sends orders (`order`, `cancel`) and hears of each fill (`fill`).
Prices come as `tick`, with `latest=`: a page that is slow gets the newest of each symbol. All the rest it gets whole.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask, Response, send_from_directory
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.security import check_password_hash, generate_password_hash

from examples.shared import shared
from examples.trading.bots import CANDLES, Bots
from examples.trading.exchange import HOUSE, START_CASH, Account, Exchange, Fill, Listing, Order, money
from examples.trading.store import Store
from flask_socketio import ConnectionRefusedError, EventError, SocketIO, emit, join_room, leave_room, request, rooms

ROUND = 0.1  # seconds from one moment of trading to the next
MOST = 10_000  # shares of an order, and dollars for one: what comes out is still an exact number in JavaScript

here = Path(__file__).parent
folder = Path(os.environ.get("TRADING_FOLDER") or here / "saved")
folder.mkdir(parents=True, exist_ok=True)
store = Store(folder / "trading.sqlite3")

app = Flask(__name__)
app.config.update(SECRET_KEY=store.secret(), SESSION_COOKIE_NAME="trading", SESSION_COOKIE_SAMESITE="Lax")
app.register_blueprint(shared)
# A page whose connection breaks, by a restart of the server too, comes back with its rooms and gets what it missed.
socketio = SocketIO(app, recovery={"path": folder / "recovery"})

listings = {symbol: Listing(*about) for symbol, about in json.loads((here / "listings.json").read_text()).items()}
# The books count from the time of the start: so after a restart every page notices that the book it has is an old one.
exchange = Exchange(listings, sequence=time.time_ns() // 1_000_000)
exchange.accounts |= {name: Account() for name in store.accounts()}
for fill in store.fills():
    exchange.settle(fill)
for resting in store.waiting():
    exchange.wait(resting)
order_ids = itertools.count(store.last_order() + 1)
tick_numbers = itertools.count()

bots = Bots(exchange, {symbol: store.candles(symbol, CANDLES) for symbol in listings}, Random())
for symbol in listings:
    store.add_candles(symbol, bots.candles[symbol])
bots_rest = os.environ.get("TRADING_BOTS") == "still"

# Handlers run on threads. Who uses the exchange or the store holds this, and tells others about it meanwhile: so they
# hear of everything in the order in which it happened.
lock = threading.Lock()


class User(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Somebody with an account."""

    def __init__(self, name: str) -> None:
        self.id = name


LoginManager(app).user_loader(lambda name: User(name) if name in exchange.accounts else None)


@app.get("/")
def page() -> Response:
    """The one page. What draws its candles is the package uplot, which `make demo` has fetched from npm."""
    return app.send_static_file("index.html")


@app.get("/uplot/<path:file>")
def uplot(file: str) -> Response:
    """A file of that package."""
    return send_from_directory(here / "node_modules/uplot/dist", file)


@app.post("/login")
def login() -> dict[str, str]:
    """Log in. A name that is new opens an account; one that is known needs its password."""
    name, password = " ".join(request.form["name"].split()), request.form["password"]
    if not 0 < len(name) <= 24 or not name.isprintable() or name == HOUSE:
        return {"error": "Please choose another name, of 1 to 24 letters."}
    with lock:
        known = store.account(name)
        if known is None:
            known = name, generate_password_hash(password)
            store.add_account(*known)
            exchange.accounts[name] = Account()
    name, check = known
    if not check_password_hash(check, password):
        return {"error": f"There is somebody called {name} already, and this is not their password."}
    login_user(User(name), remember=True)
    return {}


@app.post("/logout")
def logout() -> dict[str, str]:
    """Log out. The pages of this user are told; they close their connections."""
    socketio.emit("logged out", to=f"user {current_user.id}")
    logout_user()
    return {}


@socketio.on("connect")
def connect() -> None:
    """A page connects, also after every break. If it was recovered it is in its rooms already."""
    if not current_user.is_authenticated:
        raise ConnectionRefusedError("Please log in.", {"field": "name"})
    join_room(f"user {current_user.id}")
    with lock:
        emit("listing", {symbol: [*about, round(bots.prices[symbol])] for symbol, about in listings.items()})
        emit("fills", [seen_by(current_user.id, fill) for fill in store.fills(current_user.id, 30)])
        tell_account(current_user.id)


@socketio.on("watch")
def watch(symbol: Any) -> dict[str, Any]:
    """A page looks at a symbol. No delta is emitted between its book and its coming into the room: it misses none."""
    if not isinstance(symbol, str) or symbol not in listings:
        raise EventError("unknown_symbol", f"There is no {symbol} at this exchange.")
    for room in rooms():
        if room.startswith("book "):
            leave_room(room)
    with lock:
        tell_changes(symbol)
        join_room(f"book {symbol}")
        return {"book": exchange.books[symbol].snapshot(), "candles": bots.candles[symbol]}


@socketio.on("order", once="id", rate_limit="20/10 seconds")
def order(wish: Any) -> dict[str, Any]:
    """Somebody wants to buy or sell. The page repeats this until it is answered; it is carried out once all the same.

    `once=` answers a repetition, also after a restart. After `kill -9` only the file remembers.
    """
    key = wish.get("id") if isinstance(wish, dict) else None
    if not isinstance(key, str):
        raise EventError("bad_order", "An order has an id, by which it is known when it comes again.")
    with lock:
        if not store.answer(current_user.id, key):
            carry_out(read(wish), key)
        return store.answer(current_user.id, key)


@socketio.on("cancel")
def cancel(id: Any) -> None:
    """Somebody takes an order back, unless it is gone already."""
    with lock:
        order = exchange.accounts[current_user.id].orders.get(id) if isinstance(id, int) else None
        if order:
            store.close_order(order)
            exchange.cancel(order)
            tell_account(current_user.id)


def read(wish: dict[str, Any]) -> Order:
    """The order in what a page has sent, which could be anything."""
    side, quantity, price = (wish.get(part) for part in ("side", "quantity", "price"))
    if side not in ("buy", "sell") or type(quantity) is not int or not 0 < quantity <= MOST:
        raise EventError("bad_order", f"An order is for 1 to {MOST:,} shares.")
    if price is not None and (type(price) is not int or not 0 < price <= 100 * MOST):
        raise EventError("bad_order", f"A limit is between {money(1)} and {money(100 * MOST)}.")
    return Order(next(order_ids), current_user.id, str(wish.get("symbol")), side, price, quantity)


def carry_out(order: Order, key: str | None = None) -> None:
    """Plan, write, do, tell: in this order, so that nobody hears of what a crash could undo."""
    fills = exchange.plan(order, time.gmtime().tm_hour)
    people = {order.account, *(name for fill in fills for name in (fill.buyer, fill.seller))} - {HOUSE}
    if people:
        store.write(order, key, fills)
    exchange.apply(order, fills)
    for name in people:
        for fill in fills:
            if name in (fill.buyer, fill.seller):
                socketio.emit("fill", seen_by(name, fill), to=f"user {name}")
        tell_account(name)


def seen_by(name: str, fill: Fill) -> list[Any]:
    """A fill as one of the two sees it."""
    return [fill.symbol, "buy" if fill.buyer == name else "sell", fill.price, fill.quantity]


def tell_account(name: str) -> None:
    """Tell the pages of somebody what they have now: cash that is free, shares, and orders that wait."""
    has = exchange.accounts[name]
    shares = {symbol: [has.shares[symbol], flow] for symbol, flow in has.flows.items()}
    orders = [[order.id, order.symbol, order.side, order.price, order.quantity] for order in has.orders.values()]
    about = {"name": name, "start": START_CASH, "free": has.free_cash(), "shares": shares, "orders": orders}
    socketio.emit("account", about, to=f"user {name}")


async def keep_trading() -> None:
    """Runs in the background, as long as the server does."""
    while True:
        await asyncio.to_thread(trade)
        await asyncio.sleep(ROUND)


def trade() -> None:
    """A moment of trading; then who looks at a book hears what has changed in it."""
    hour = time.gmtime().tm_hour
    with lock:
        for symbol, listing in listings.items():
            for order in bots.orders(symbol) if listing.is_open(hour) and not bots_rest else ():
                carry_out(order)
            tell_changes(symbol)


def tell_changes(symbol: str) -> None:
    """Tell who looks at a book what has changed in it, and everybody what was paid."""
    if delta := exchange.books[symbol].delta():
        now = time.time()
        socketio.emit("delta", {**delta, "at": now}, to=f"book {symbol}")
        for price, quantity, _ in delta["trades"]:
            if finished := bots.note(symbol, now, price, quantity):
                store.add_candles(symbol, [finished])
        if delta["trades"]:
            # The number counts all ticks: by it a slow page knows how many it was spared.
            socketio.emit("tick", [next(tick_numbers), symbol, price], latest=symbol)


socketio.start_background_task(keep_trading)
