// Who is here, who is typing, and the quiet lines about who came and went.

import { element } from "../shared/dom.js";

import { avatar } from "./looks.js";

const GRACE = 5000; // ms: who is back by then was never gone (a reloaded page, a restarted server)
const TYPING = 4000; // ms that a typing hint lasts; whoever goes on typing sends another before

export class People {
  #here = null; // name -> { name, moderates, muted }, or null until the room's first list
  #leaving = new Map(); // name -> timer
  #typing = new Map(); // name -> timer
  #list;
  #line;
  #me = "";
  #on;

  // `on` has two functions: change(count, note) hears of every change, with a line to show to the user if it is worth
  // one, and choose(person) of a click on somebody by the moderator.
  constructor(list, line, on) {
    this.#list = list;
    this.#line = line;
    this.#on = on;
  }

  // What the room says of us.
  get me() {
    return this.#here?.get(this.#me) ?? { name: this.#me, moderates: false, muted: false };
  }

  // Put the focus on somebody in the list, which may have been drawn anew since it was there.
  focus(name) {
    [...this.#list.querySelectorAll("button")].find((button) => button.dataset.name === name)?.focus();
  }

  // Another room, or another name: what we knew is of no use any more.
  reset(me) {
    this.#me = me;
    this.#here = null;
    this.lose();
    this.#draw();
  }

  update(people) {
    const before = this.#here;
    this.#here = new Map(people.map((person) => [person.name, person]));
    for (const [name, person] of before ?? []) {
      if (this.#here.has(name)) continue;
      this.#here.set(name, person);
      if (!this.#leaving.has(name)) this.#leaving.set(name, setTimeout(() => this.#left(name), GRACE));
    }
    for (const person of people) {
      clearTimeout(this.#leaving.get(person.name));
      this.#leaving.delete(person.name);
    }
    const notes = before ? people.map((person) => this.#news(before.get(person.name), person)) : [];
    this.#draw();
    for (const note of notes) if (note) this.#on.change(this.#here.size, note);
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

  // The connection is broken: of those who typed or were leaving we hear no more, until it is back.
  lose() {
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    this.#leaving.clear();
    for (const name of this.#typing.keys()) this.stoppedTyping(name);
  }

  #news(before, { name, muted }) {
    if (name === this.#me) return ""; // the notice above the field tells
    if (!before) return `${name} joined`;
    return before.muted === muted ? "" : muted ? `${name} was muted` : `${name} may write again`;
  }

  #left(name) {
    this.#leaving.delete(name);
    this.#here.delete(name);
    this.stoppedTyping(name);
    this.#draw(`${name} left`);
  }

  #draw(note) {
    const people = [...(this.#here?.values() ?? [])].sort((one, other) => one.name.localeCompare(other.name));
    this.#list.replaceChildren(...people.map((person) => this.#lineOf(person)));
    this.#on.change(people.length, note);
  }

  #lineOf(person) {
    const is = [person.name === this.#me && "you", person.moderates && "moderator", person.muted && "muted"];
    const parts = [avatar(person.name), element("span", { className: "who" }, person.name),
      element("i", {}, is.filter(Boolean).join(", "))];
    if (!this.me.moderates || person.name === this.#me) return element("li", {}, ...parts);
    const button = element("button", { className: "plain", onclick: () => this.#on.choose(person) }, ...parts);
    button.title = `Mute ${person.name}, or kick them out`;
    button.dataset.name = person.name;
    return element("li", {}, button);
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
