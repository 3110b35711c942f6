// How many prices the exchange has sent, and how many of them came here: each has a number, one more than the one before.
//
// The switch makes this browser slow, as a cheap phone is that does too much at once: most of the time its main thread
// is busy, so it does not ask for news. The server then keeps only the newest price of each symbol for it. (It goes over
// to long polling for that. What comes by WebSocket, the browser's own buffers would take for minutes before the server
// noticed; a page that does not poll is slow at once.)

import { byId } from "../shared/dom.js";
import { count, drawer } from "./format.js";

const BUSY = 1200; // ms of each EVERY
const EVERY = 1400;

export class Pace {
  #first = null; // number of the first price
  #newest = 0;
  #here = 0;
  #deltas = 0;
  #gaps = 0;
  #timer = null;
  #draw = drawer(() => this.#show());

  // `onSwitch(isSlow)` is to connect anew, by long polling or as usual.
  constructor(onSwitch) {
    byId("slow").addEventListener("change", ({ target }) => {
      clearInterval(this.#timer);
      if (target.checked) this.#timer = setInterval(beBusy, EVERY);
      onSwitch(target.checked);
    });
  }

  // A new connection: what came before is no measure of it.
  reset() {
    this.#first = null;
    this.#here = this.#newest = this.#deltas = 0;
    this.#draw();
  }

  tick(number) {
    this.#first ??= number;
    this.#newest = Math.max(this.#newest, number);
    this.#here += 1;
    this.#draw();
  }

  delta() {
    this.#deltas += 1;
    this.#draw();
  }

  gap() {
    this.#gaps += 1;
    this.#draw();
  }

  #show() {
    const sent = this.#first === null ? 0 : this.#newest - this.#first + 1;
    byId("ticks-sent").textContent = count(sent);
    byId("ticks-here").textContent = count(this.#here);
    byId("ticks-spared").textContent = count(sent - this.#here);
    byId("deltas").textContent = count(this.#deltas);
    byId("gaps").textContent = count(this.#gaps);
    byId("bar").firstElementChild.style.width = `${sent ? (this.#here / sent) * 100 : 100}%`;
  }
}

function beBusy() {
  const end = performance.now() + BUSY;
  while (performance.now() < end);
}
