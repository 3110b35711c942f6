// What the user has: cash, shares, orders that wait, and the last trades.

import { byId, element } from "../shared/dom.js";
import { count, drawer, gain, money, price, way } from "./format.js";

const cell = (text, className = "") => element("td", { className }, text);

function fill(id, rows) {
  const body = byId(id);
  body.replaceChildren(...rows.map((cells) => element("tr", {}, ...cells)));
  body.closest("div").classList.toggle("empty", !rows.length);
}

// The orders were drawn anew: put the focus on the same one, or where it was, or at least near.
function focusLike(key, place) {
  const buttons = [...byId("orders").querySelectorAll("button")];
  const same = buttons.find((button) => button.dataset.key === key);
  (same ?? buttons[place] ?? buttons.at(-1) ?? byId("orders").closest("div")).focus();
}

export class Account {
  name = "";
  #account = { start: 0, free: 0, shares: {}, orders: [] };
  #market;
  #cancel;
  drawWorth = drawer(() => this.#drawWorth());

  // `cancel(key)` takes an order back.
  constructor(market, cancel) {
    this.#market = market;
    this.#cancel = cancel;
  }

  load(account) {
    this.#account = account;
    this.name = account.name;
    byId("me").textContent = account.name;
    byId("log-out").hidden = false;
    const focused = byId("orders").contains(document.activeElement) ? document.activeElement : null;
    const place = [...byId("orders").querySelectorAll("button")].indexOf(focused);
    fill("orders", account.orders.toReversed().map(([key, symbol, side, limit, shares]) => {
      const words = `${side === "buy" ? "Buy" : "Sell"} ${symbol}`;
      const cancel = element("button", { className: "quiet", ariaLabel: `Cancel: ${words}, ${count(shares)}` }, "Cancel");
      cancel.dataset.key = key;
      cancel.addEventListener("click", () => {
        cancel.textContent = "…"; // and not `disabled`, which would drop the focus
        this.#cancel(key);
      });
      return [cell(words, side), cell(count(shares)), cell(price(limit)), element("td", {}, cancel)];
    }));
    if (focused) focusLike(focused.dataset.key, place);
    fill("fills", account.fills.map(([symbol, side, at, shares]) =>
      [cell(`${side === "buy" ? "Bought" : "Sold"} ${symbol}`, side), cell(count(shares)), cell(price(at))]));
    this.#drawWorth();
  }

  #drawWorth() {
    const { start, free, shares, orders } = this.#account;
    let profit = 0;
    const rows = [];
    for (const [symbol, [held, flow]] of Object.entries(shares)) {
      const worth = held * this.#market.last(symbol);
      profit += worth + flow; // flow: the money that came in for it, less what went out
      if (held) rows.push([cell(symbol), cell(count(held)), cell(price(worth)), cell(gain(worth + flow), way(worth + flow))]);
    }
    fill("shares", rows);
    if (!this.name) return;
    byId("free").textContent = money(free);
    byId("free").title = orders.length ? "Without what is promised to open orders" : "";
    byId("worth").textContent = money(start + profit);
    byId("profit").textContent = gain(profit);
    byId("profit").className = way(profit);
  }
}
