// The order book and the last trades, as they are seen.

import { byId, element } from "../shared/dom.js";
import { count, price } from "./format.js";

const DEPTH = 7; // prices on each side

// One row of the book, made once: sellers on top, the best price next to the middle.
function row(side, onPrice) {
  const line = element("button", { className: `level ${side}` }, element("i"), element("b"), element("span"));
  line.addEventListener("click", () => onPrice(Number(line.dataset.price)));
  return line;
}

export class Ladder {
  #rows = {};
  #middle = element("p", { className: "middle" });

  // `onPrice(cents)` hears which price was clicked.
  constructor(onPrice) {
    for (const side of ["sell", "buy"]) this.#rows[side] = Array.from({ length: DEPTH }, () => row(side, onPrice));
    byId("book").append(...this.#rows.sell.toReversed(), this.#middle, ...this.#rows.buy);
  }

  // `closed` are the words for a market that is closed.
  draw(book, closed) {
    const levels = { sell: book.levels("sell"), buy: book.levels("buy") };
    const most = Math.max(1, ...[...levels.sell.slice(0, DEPTH), ...levels.buy.slice(0, DEPTH)].map(([, shares]) => shares));
    for (const side of ["sell", "buy"]) {
      this.#rows[side].forEach((line, index) => {
        const [at, shares] = levels[side][index] ?? [0, 0];
        line.dataset.price = at || "";
        line.disabled = !at;
        line.title = at ? `Make ${price(at)} the limit` : "";
        line.children[0].style.width = `${(shares / most) * 100}%`;
        line.children[1].textContent = at ? price(at) : "";
        line.children[2].textContent = at ? count(shares) : "";
      });
    }
    const [bid, ask] = [levels.buy[0]?.[0], levels.sell[0]?.[0]];
    this.#middle.textContent = closed || (bid && ask ? `Spread ${price(ask - bid)}`
      : bid || ask ? "Nobody on one side" : "Nobody on either side");
    byId("trades").replaceChildren(...book.trades.slice(0, 2 * DEPTH + 1).map(([at, shares, side]) =>
      element("li", { className: side }, element("b", {}, price(at)), element("span", {}, count(shares)))));
  }
}
