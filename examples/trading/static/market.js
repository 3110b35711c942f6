// The list of all symbols with their prices, and which of them is looked at.

import { byId, element } from "../shared/dom.js";
import { closedAt, drawer, percent, price, way } from "./format.js";

export class Market {
  listings = {}; // symbol -> { name, start, opens, closes, last }
  symbol = "";
  #rows = {};
  #changed = new Set();
  #draw = drawer(() => this.#drawChanged());
  #onTick;

  // `onTick()` is called when prices on the page have changed.
  constructor(onTick) {
    this.#onTick = onTick;
  }

  load(listing) {
    const isNew = !Object.keys(this.listings).length;
    for (const [symbol, [name, start, opens, closes, last]] of Object.entries(listing)) {
      this.listings[symbol] = { name, start, opens, closes, last };
    }
    if (isNew) byId("symbols").replaceChildren(...Object.keys(listing).map((symbol) => this.#row(symbol)));
    for (const symbol in listing) this.#changed.add(symbol);
    this.#draw();
  }

  tick(symbol, last) {
    if (!this.listings[symbol]) return;
    this.listings[symbol].last = last;
    this.#changed.add(symbol);
    this.#draw();
  }

  choose(symbol) {
    if (this.#rows[this.symbol]) this.#rows[this.symbol].link.ariaCurrent = null;
    this.symbol = symbol;
    this.#rows[symbol].link.ariaCurrent = "page";
    this.#rows[symbol].link.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.#changed.add(symbol);
    this.#draw();
  }

  last(symbol) {
    return this.listings[symbol]?.last ?? 0;
  }

  // When the symbol that is looked at is traded, if it is not now; else nothing.
  get closed() {
    const { opens, closes } = this.listings[this.symbol];
    return closedAt(new Date().getUTCHours(), opens, closes);
  }

  #row(symbol) {
    const [last, change] = [element("b"), element("span")];
    const link = element("a", { href: `?symbol=${symbol}`, title: this.listings[symbol].name },
      element("strong", {}, symbol), last, element("i", {}, this.listings[symbol].name), change);
    this.#rows[symbol] = { link, last, change };
    return element("li", {}, link);
  }

  #drawChanged() {
    for (const symbol of this.#changed) {
      const { start, last } = this.listings[symbol];
      const row = this.#rows[symbol];
      const moved = way(last - (row.shown ?? last));
      row.shown = last;
      row.last.textContent = price(last);
      row.change.textContent = percent(last, start);
      row.change.className = way(last - start);
      if (moved) row.last.animate([{ color: `var(--${moved})` }, {}], 700);
    }
    if (this.#changed.has(this.symbol)) this.#drawHead();
    this.#changed.clear();
    this.#onTick();
  }

  #drawHead() {
    const { name, start, last } = this.listings[this.symbol];
    byId("symbol").textContent = this.symbol;
    byId("company").textContent = name;
    byId("last").textContent = price(last);
    byId("change").textContent = percent(last, start);
    byId("change").className = way(last - start);
    document.title = `${this.symbol} ${price(last)} – Exchange`;
  }
}
