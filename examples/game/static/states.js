// The states that the server told, and what lies between them.
//
// Each comes as the difference to an earlier one, or to nothing (deltas.py). They come 15 times a second, more or less, so
// others are shown a little in the past, where there is a state before and one after: they move smoothly.

import { between } from "./motion.js";

const BIRD = ["x", "y", "vx", "vy", "face", "dash", "daze", "gems", "heard"];
const GEM = ["x", "y", "worth"];
const FIRST_GEM = 17; // lower ids are seats
const KEPT = 45; // states; the newest is the difference to one of a second ago
const LONGEST_GUESS = 6; // ticks for which a bird is shown to go on as it went, when nothing is heard

export class States {
  newest = null; // { tick, birds, gems }, each of the two a Map by id
  #states = new Map(); // by tick
  #clock = null; // the server's tick at our time 0
  #jitter = 2; // ticks by which states come late, on average
  #perMs; // ticks
  #rules;

  constructor(rules) {
    this.#rules = rules;
    this.#perMs = rules.TICKS / 1000;
  }

  // Take a state in, at a time of ours (ms). Returns whether it could be read.
  hear(tick, base, changes, gone, now) {
    const before = base ? this.#states.get(base) : { values: new Map() };
    if (!before || tick <= (this.newest?.tick ?? 0)) return false;
    const values = new Map(before.values);
    for (const id of gone) values.delete(id);
    for (let at = 0; at < changes.length; ) {
      const id = changes[at++];
      const bits = changes[at++];
      const numbers = values.get(id)?.slice() ?? (id < FIRST_GEM ? BIRD : GEM).map(() => 0);
      numbers.forEach((_, bit) => bits & (1 << bit) && (numbers[bit] += changes[at++]));
      values.set(id, numbers);
    }
    this.newest = { tick, values, birds: named(values, BIRD, true), gems: named(values, GEM, false) };
    this.#states.set(tick, this.newest);
    if (this.#states.size > KEPT) this.#states.delete(this.#states.keys().next().value);
    this.#setClock(tick - now * this.#perMs);
    return true;
  }

  // The tick at which the server is, as far as one can tell from here.
  tickAt(now) {
    return this.#clock + now * this.#perMs;
  }

  // The birds as they were a moment before a time of ours (ms).
  birdsAt(now) {
    const tick = this.tickAt(now) - 2.5 - 2.5 * this.#jitter;
    let before = null;
    let after = null;
    for (const state of this.#states.values()) {
      if (state.tick <= tick) before = state;
      else if (!after) after = state;
    }
    if (!before || !after) return goneOn(this.newest, between(0, tick - this.newest.tick, LONGEST_GUESS), this.#rules);
    const share = (tick - before.tick) / (after.tick - before.tick);
    const birds = new Map();
    for (const [seat, bird] of before.birds) {
      const next = after.birds.get(seat) ?? bird;
      birds.set(seat, { ...bird, x: bird.x + (next.x - bird.x) * share, y: bird.y + (next.y - bird.y) * share });
    }
    return birds;
  }

  #setClock(sample) {
    this.#clock ??= sample;
    const late = this.#clock - sample;
    if (Math.abs(late) > 60) this.#clock = sample; // the server stood still, or we slept
    else this.#clock -= late / (late < 0 ? 4 : 30); // those that come soonest tell best
    this.#jitter += (Math.min(Math.abs(late), 20) - this.#jitter) / 20;
  }
}

function named(values, names, isBird) {
  const found = new Map();
  for (const [id, numbers] of values) {
    if (id < FIRST_GEM === isBird) found.set(id, Object.fromEntries(names.map((name, at) => [name, numbers[at]])));
  }
  return found;
}

function goneOn(state, ticks, { WIDTH, HEIGHT, RADIUS }) {
  const birds = new Map();
  for (const [seat, bird] of state.birds) {
    const x = between(RADIUS, bird.x + bird.vx * ticks, WIDTH - RADIUS);
    const y = between(RADIUS, bird.y + bird.vy * ticks, HEIGHT - RADIUS);
    birds.set(seat, { ...bird, x, y });
  }
  return birds;
}
