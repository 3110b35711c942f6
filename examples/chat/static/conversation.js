// What is said in the room that is open: entering it, catching up after a break, hearing what is new, and saying things
// so that each arrives exactly once.
//
// How nothing is lost: `#since` is the place in the history up to which this page has everything. After every break we
// ask for what lies after it. Live messages move it on only once that is complete, because one that arrives while we
// still catch up says nothing about those before it.
//
// How nothing is doubled: a message keeps the id that its writer's page gave it. The server keeps one per id, and so
// does the log. So when an answer is missing we simply send again.

import { ask, Refusal } from "../shared/connection.js";

export class Conversation {
  room = "";
  me = "";
  hasEarlier = false; // there are messages before the first that is shown
  #socket;
  #outbox;
  #log;
  #people;
  #on;
  #since = null; // null: nothing was read yet
  #live = false; // we have all there is, and hear what is new
  #visit = 0; // counts entries; what an earlier one still waits for is of no use any more
  #isSending = false;

  // `on` has two functions: change(), when something beside the log is to be drawn anew, and refused(text, field).
  constructor(socket, { outbox, log, people }, on) {
    this.#socket = socket;
    this.#outbox = outbox;
    this.#log = log;
    this.#people = people;
    this.#on = on;
    socket.on("connect", () => this.#catchUp());
    socket.on("disconnect", () => {
      this.#live = false;
      people.nobodyTypes();
    });
    socket.on("message", (message) => this.#hear(message));
    socket.on("people", ({ room, names }) => room === this.room && people.update(names));
    socket.on("typing", ({ room, name }) => room === this.room && people.typing(name));
  }

  get isLive() {
    return this.#live;
  }

  // Go into a room, now or as soon as there is a connection.
  enter(room, me) {
    this.room = room;
    this.me = me;
    this.#since = null;
    this.#live = false;
    this.hasEarlier = false;
    this.#log.clear();
    this.#people.reset(me);
    for (const entry of this.#outbox.list()) if (entry.room === room) this.#log.showUnsent(entry, me);
    this.#on.change();
    if (this.#socket.connected) this.#catchUp();
  }

  // Say something: it is kept first, then sent as soon as possible.
  say(text) {
    this.#log.showUnsent(this.#outbox.add(this.room, text), this.me);
    this.#on.change();
    this.#sendAll();
  }

  // Send a refused message once more.
  sayAgain(id) {
    this.#log.showUnsent(this.#outbox.mark(id, null), this.me);
    this.#sendAll();
  }

  // Take a refused message back; returns its text.
  takeBack(id) {
    const { text } = this.#outbox.remove(id);
    this.#log.remove(id);
    this.#on.change();
    return text;
  }

  async showEarlier() {
    const visit = this.#visit;
    const { messages, more } = await ask(this.#socket, "history", this.room, null, this.#log.first);
    if (visit !== this.#visit) return;
    this.hasEarlier = more;
    this.#log.keepingPlace(() => {
      messages.forEach((message) => this.#show(message));
      this.#on.change();
    });
  }

  async #catchUp() {
    const visit = ++this.#visit;
    try {
      await ask(this.#socket, "join", this.room);
      while (!this.#live) {
        const { messages, more } = await ask(this.#socket, "history", this.room, this.#since);
        if (visit !== this.#visit) return;
        const isFirst = this.#since === null;
        messages.forEach((message) => this.#show(message));
        this.#since = messages.at(-1)?.at ?? this.#since ?? 0;
        if (isFirst) this.hasEarlier = more;
        this.#live = isFirst || !more;
        this.#on.change();
        if (isFirst) this.#log.scrollToEnd();
      }
    } catch (error) {
      if (visit !== this.#visit || !this.#socket.connected) return; // the next connection begins anew
      if (error instanceof Refusal) return this.#on.refused(error.message, "room");
      return this.#catchUp(); // no answer in time
    }
    this.#sendAll();
  }

  #hear(message) {
    if (message.room !== this.room) return;
    this.#people.stoppedTyping(message.name);
    this.#show(message);
    if (this.#live) this.#since = message.at;
    this.#on.change(message);
  }

  #show(message) {
    this.#outbox.remove(message.id);
    this.#log.show(message, message.name === this.me);
  }

  // One after the other, so that they arrive in the order in which they were written.
  async #sendAll() {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      for (let entry; this.#live && (entry = this.#outbox.next()); ) await this.#send(entry);
    } finally {
      this.#isSending = false;
    }
  }

  async #send({ id, room, text }) {
    try {
      const { message } = await ask(this.#socket, "post", id, room, text);
      this.#outbox.remove(id);
      if (room === this.room) this.#show(message);
    } catch (error) {
      if (!(error instanceof Refusal)) return; // no answer: it stays in the outbox
      const entry = this.#outbox.mark(id, error.message);
      if (room === this.room) this.#log.showUnsent(entry, this.me);
    }
    this.#on.change();
  }
}
