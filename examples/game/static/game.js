// A match as this page is in it: hears the server, steers our own bird, and tells what there is to show.

import { canSend } from "../shared/connection.js";

import { Pilot } from "./pilot.js";
import { States } from "./states.js";

const SENT_EVERY = 2; // ticks
const MOST_LATE = 5; // ticks that are made up for, after the page could not run for a moment

export class Game {
  rules = null;
  card = null; // what the server says seldom: who plays, when the round ends, who has won
  states = null;
  pilot = null; // null for who only watches
  seat = null;
  #socket;
  #controls;
  isWelcome = false; // on this connection
  #due = 0; // when our next tick is (ms)
  #ticks = 0;
  #on;

  // `on` has welcome(), takenOver(), card(card, before), state(newest, before), and answer(ms): how long the server took to answer.
  constructor(socket, controls, on) {
    this.#socket = socket;
    this.#controls = controls;
    this.#on = on;
    socket.on("welcome", (welcome) => this.#begin(welcome));
    socket.on("taken over", () => this.#on.takenOver()); // by another tab, which has our key
    socket.on("disconnect", () => (this.isWelcome = false));
    socket.on("match", (card) => {
      const before = this.card;
      this.card = card;
      this.#on.card(card, before);
    });
    socket.on("state", (...state) => this.#hear(...state));
  }

  // The match as it is to be drawn now, or null if nothing is known of it.
  view(now) {
    if (!this.states?.newest || !this.card) return null;
    const birds = this.states.birdsAt(now);
    const isOurs = this.pilot?.body && this.states.newest.birds.has(this.seat);
    if (isOurs) birds.set(this.seat, { ...this.states.newest.birds.get(this.seat), ...this.pilot.shown(this.#share(now)) });
    return { birds, gems: this.states.newest.gems, rules: this.rules, seat: this.seat, card: this.card };
  }

  // Seconds until the round, or the pause after it, ends.
  secondsLeft(now) {
    if (!this.states?.newest || !this.card) return null;
    return Math.max(0, (this.card.until - this.states.tickAt(now)) / this.rules.TICKS);
  }

  // Do what is due by now: as many ticks as time has passed.
  run(now) {
    if (!this.isWelcome) return;
    const period = 1000 / this.rules.TICKS;
    this.#due = Math.max(this.#due, now - MOST_LATE * period);
    for (; this.#due <= now; this.#due += period) this.#tick();
  }

  #tick() {
    this.#ticks += 1;
    this.pilot?.obey(this.#controls.command(this.rules));
    if (this.#ticks % SENT_EVERY) return;
    const said = this.pilot?.takeUnsent() ?? [0, []];
    if (!canSend(this.#socket)) return;
    if (this.#ticks % this.rules.TICKS === 0) this.#socket.emit("play", ...said, this.#measure());
    else if (this.pilot) this.#socket.emit("play", ...said);
  }

  #measure() {
    const sent = performance.now();
    return () => this.#on.answer(performance.now() - sent);
  }

  #begin({ seat, heard, rules }) {
    this.rules = rules;
    this.seat = seat;
    this.states = new States(rules);
    this.pilot = seat === null ? null : new Pilot(rules, heard);
    this.isWelcome = true;
    this.#on.welcome();
  }

  #hear(tick, base, changes, gone) {
    const before = this.states.newest;
    if (!this.states.hear(tick, base, changes, gone, performance.now())) return;
    const ours = this.states.newest.birds.get(this.seat);
    if (ours) this.pilot?.correct(ours);
    this.#on.state(this.states.newest, before);
  }

  #share(now) {
    return Math.min(1, Math.max(0, 1 - (this.#due - now) / (1000 / this.rules.TICKS)));
  }
}
