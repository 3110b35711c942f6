// The order form. An order has a key of its own, and the Socket.IO client repeats it until the server has answered; the
// server carries it out once (`once="key"` there), however often it comes.

import { byId } from "../shared/dom.js";
import { newId } from "../shared/ids.js";
import { cents, count, money, price } from "./format.js";

const ANY_PRICE = { buy: 1_000_000, sell: 1 }; // cents: a market order is content with that

export class Ticket {
  #form = byId("ticket");
  #fields = byId("ticket").elements;
  #send;
  #symbol = "";
  #market;

  // `send(order)` gives the server's answer, or throws what it refused with.
  constructor(send, market) {
    this.#send = send;
    this.#market = market;
    this.#form.addEventListener("input", () => this.draw());
    // A double click is one order, and so is Enter that is held down.
    byId("place").addEventListener("click", (event) => event.detail > 1 && event.preventDefault());
    this.#form.addEventListener("keydown", (event) => event.repeat && event.key === "Enter" && event.preventDefault());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#place();
    });
  }

  choose(symbol, last) {
    this.#symbol = symbol;
    this.setPrice(last);
    this.#say();
  }

  setPrice(at) {
    this.#fields.price.value = price(at).replace(",", "");
    this.draw();
  }

  draw() {
    const { side, kind, price: limit, quantity } = this.#fields;
    const word = side.value === "buy" ? "Buy" : "Sell";
    byId("place").textContent = `${word} ${this.#symbol}`;
    byId("place").className = side.value;
    limit.disabled = kind.value === "market";
    const [shares, at] = [this.#shares(), kind.value === "market" ? this.#market.last(this.#symbol) : cents(limit.value)];
    byId("cost").textContent = quantity.value && shares && at
      ? `${kind.value === "market" ? "About" : side.value === "buy" ? "At most" : "At least"} ${money(shares * at)}` : "";
  }

  // Without a connection no order is taken: who knows what it would cost by then.
  enable(isConnected) {
    byId("place").disabled = !isConnected;
  }

  async #place() {
    const { side, kind, price: limit } = this.#fields;
    const [symbol, quantity, waits] = [this.#symbol, this.#shares(), kind.value === "limit"];
    const at = waits ? cents(limit.value) : ANY_PRICE[side.value];
    if (!quantity) return this.#refuse("Shares are whole numbers: how many?", this.#fields.quantity);
    if (!at) return this.#refuse("What is the limit, in dollars?", limit);
    this.#say("Sent …");
    try {
      const order = { key: newId(), symbol, side: side.value, price: at, quantity, waits };
      this.#say(outcome(order, await this.#send(order)));
    } catch (error) {
      const wait = error.code === "rate_limited" && Math.ceil(error.data.retry_after);
      this.#refuse(wait ? `Too many orders: please wait ${wait} s.` : error.message);
    }
  }

  #shares() {
    return /^\s*\d{1,6}\s*$/.test(this.#fields.quantity.value) ? Number(this.#fields.quantity.value) : 0;
  }

  #say(words = "") {
    byId("said").textContent = words;
    byId("refused").textContent = "";
  }

  #refuse(words, field) {
    this.#say();
    byId("refused").textContent = words;
    field?.focus();
  }
}

function outcome({ symbol, side, quantity, waits }, { filled, paid }) {
  const word = side === "buy" ? "Bought" : "Sold";
  const done = filled ? `${word} ${count(filled)} ${symbol} for ${money(paid)}.` : "";
  const left = quantity - filled;
  if (!left) return done;
  return `${done} ${waits ? `${count(left)} ${symbol} ${left === 1 ? "waits" : "wait"} in the book.` : `Nobody was there for ${filled ? `${count(left)} more` : "it"}.`}`.trim();
}
