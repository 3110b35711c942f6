// The order book of one symbol as this page knows it: the whole of it once, then what changes.
//
// Every change has a number. One that is missing is noticed, and so is a book that is wrong for any other reason: each
// change says what all shares of a side come to, and a page whose own sum is another one is wrong. Either way the
// answer is the same, to ask for the whole book again.

export class Book {
  symbol = "";
  sequence = null; // null: there is no book yet
  trades = []; // the last ones, the newest first: [price, shares, side]
  #levels = { buy: new Map(), sell: new Map() }; // price -> shares
  #early = []; // changes that came before the book

  // Forget everything: from now on this is about another symbol, or we are to get the whole book again.
  expect(symbol) {
    this.symbol = symbol;
    this.sequence = null;
    this.#early = [];
  }

  // Here is the whole book. Returns the changes that had come already and belong to it.
  load({ sequence, levels, trades }) {
    this.sequence = sequence;
    this.#levels = { buy: new Map(), sell: new Map() };
    for (const [side, price, shares] of levels) this.#set(side, price, shares);
    this.trades = [...trades].reverse();
    const early = this.#early.splice(0);
    return early.filter((delta) => this.apply(delta) === "applied");
  }

  // Here is a change: it was "applied", is "old" news, came too "early", or does not fit ("gap").
  apply(delta) {
    if (delta.symbol !== this.symbol) return "old";
    if (this.sequence === null) {
      this.#early.push(delta);
      return "early";
    }
    if (delta.sequence <= this.sequence) return "old";
    if (delta.sequence !== this.sequence + 1) return "gap";
    this.sequence = delta.sequence;
    for (const [side, price, shares] of delta.changes) this.#set(side, price, shares);
    this.trades = [...[...delta.trades].reverse(), ...this.trades].slice(0, 30);
    const [buy, sell] = delta.value;
    return this.#value("buy") === buy && this.#value("sell") === sell ? "applied" : "gap";
  }

  // [[price, shares], ...] of a side, the best price first.
  levels(side) {
    return [...this.#levels[side]].sort(([one], [other]) => (side === "buy" ? other - one : one - other));
  }

  #set(side, price, shares) {
    if (shares) this.#levels[side].set(price, shares);
    else this.#levels[side].delete(price);
  }

  #value(side) {
    let value = 0;
    for (const [price, shares] of this.#levels[side]) value += price * shares;
    return value;
  }
}
