// Our own bird. It does at once what we command, as the server will when it hears of it. What the server then says
// corrects it: we begin at its word, and do again what it had not heard by then.

import { step } from "./motion.js";

const MOST_WAITING = 60; // commands: two seconds
const NEAR = 500; // units; a correction up to so far is not seen as a jump but as a glide

export class Pilot {
  body = null;
  #before = null; // a tick ago, to show what lies between
  #waiting = []; // { number, command } that the server has not confirmed
  #unsent = [];
  #number;
  #off = { x: 0, y: 0 }; // by how much the picture still differs
  #rules;

  constructor(rules, heard) {
    this.#rules = rules;
    this.#number = heard;
  }

  // One tick: obey a command.
  obey(command) {
    this.#number += 1;
    this.#waiting.push({ number: this.#number, command });
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
    this.#unsent.push(command);
    if (!this.body) return;
    this.#before = { ...this.body };
    step(this.body, command, this.#rules);
    this.#off = { x: this.#off.x * 0.8, y: this.#off.y * 0.8 };
  }

  // What is to be sent: the number of the last command, and the commands.
  takeUnsent() {
    const commands = this.#unsent;
    this.#unsent = [];
    return [this.#number, commands];
  }

  // The server's word: where our bird was after the last command that it had heard.
  correct(bird) {
    const shown = this.body && { x: this.body.x + this.#off.x, y: this.body.y + this.#off.y };
    this.#waiting = this.#waiting.filter(({ number }) => number > bird.heard);
    this.body = { ...bird };
    for (const { command } of this.#waiting) step(this.body, command, this.#rules);
    if (!shown) this.#before = { ...this.body };
    const off = shown ? { x: shown.x - this.body.x, y: shown.y - this.body.y } : { x: 0, y: 0 };
    const shift = { x: off.x - this.#off.x, y: off.y - this.#off.y };
    this.#before = { ...this.#before, x: this.#before.x - shift.x, y: this.#before.y - shift.y };
    this.#off = Math.hypot(off.x, off.y) < NEAR ? off : { x: 0, y: 0 };
    if (Math.hypot(off.x, off.y) >= NEAR) this.#before = { ...this.body };
  }

  // How many commands the server has not confirmed.
  get ahead() {
    return this.#waiting.length;
  }

  // Where to show it, `share` of a tick after the last one.
  shown(share) {
    const { body } = this;
    const between = (name) => this.#before[name] + (body[name] - this.#before[name]) * share + this.#off[name];
    return { ...body, x: between("x"), y: between("y") };
  }
}
