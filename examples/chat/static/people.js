// Who is here, who is typing, and the quiet lines about who came and went.

import { element } from "../shared/dom.js";

import { avatar } from "./looks.js";

const GRACE = 5000; // ms: who is back by then was never gone (a reloaded page, a restarted server)
const TYPING = 4000; // ms that a typing hint lasts; whoever goes on typing sends another before

export class People {
  #here = null; // names, or null until the room's first list
  #leaving = new Map(); // name -> timer
  #typing = new Map(); // name -> timer
  #list;
  #line;
  #me = "";
  #onChange;

  // `onChange(count, note)` hears of every change, with a line to show to the user if it is worth one.
  constructor(list, line, onChange) {
    this.#list = list;
    this.#line = line;
    this.#onChange = onChange;
  }

  // Another room, or another name: what we knew is of no use any more.
  reset(me) {
    this.#me = me;
    this.#here = null;
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    this.#leaving.clear();
    this.#draw();
    this.nobodyTypes();
  }

  update(names) {
    const isFirst = this.#here === null;
    this.#here ??= new Set();
    for (const name of names) {
      clearTimeout(this.#leaving.get(name));
      this.#leaving.delete(name);
      if (this.#here.has(name)) continue;
      this.#here.add(name);
      this.#draw(isFirst || name === this.#me ? undefined : `${name} joined`);
    }
    for (const name of this.#here) {
      if (names.includes(name) || this.#leaving.has(name)) continue;
      this.#leaving.set(name, setTimeout(() => this.#left(name), GRACE));
    }
  }

  typing(name) {
    if (name === this.#me) return; // in another tab
    clearTimeout(this.#typing.get(name));
    this.#typing.set(name, setTimeout(() => this.stoppedTyping(name), TYPING));
    this.#drawTyping();
  }

  stoppedTyping(name) {
    clearTimeout(this.#typing.get(name));
    this.#typing.delete(name);
    this.#drawTyping();
  }

  // The connection is broken: of those who typed we hear no more.
  nobodyTypes() {
    for (const name of this.#typing.keys()) this.stoppedTyping(name);
  }

  #left(name) {
    this.#leaving.delete(name);
    this.#here.delete(name);
    this.stoppedTyping(name);
    this.#draw(`${name} left`);
  }

  #draw(note) {
    const names = [...(this.#here ?? [])].sort((one, other) => one.localeCompare(other));
    this.#list.replaceChildren(...names.map((name) =>
      element("li", {}, avatar(name), element("span", {}, name), name === this.#me ? element("i", {}, "you") : "")));
    this.#onChange(names.length, note);
  }

  #drawTyping() {
    const names = [...this.#typing.keys()];
    this.#line.textContent =
      names.length === 0 ? ""
      : names.length === 1 ? `${names[0]} is typing …`
      : names.length === 2 ? `${names[0]} and ${names[1]} are typing …`
      : "Several people are typing …";
  }
}
