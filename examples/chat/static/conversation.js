// What is said in the room that is open: entering it, catching up after a break, hearing what is new, and saying things
// so that each arrives exactly once.
//
// How nothing is lost: `#since` is the place in the history up to which this page has everything. After a break the
// server remembers us, mostly, and what we missed comes by itself, in order. When it cannot (it was killed, or we were
// away for too long) we ask for what lies after `#since`. Live messages move that on only once it is complete, because
// one that arrives while we still catch up says nothing about those before it.
//
// How nothing is doubled: a message keeps the id that its writer's page gave it. The server keeps one per id, and so
// does the log. So when an answer is missing we simply send again.

import { ask, Refusal } from "../shared/connection.js";

import { Uploads } from "./uploads.js";

export class Conversation {
  room = "";
  me = "";
  pace = 0; // seconds from one message of somebody to their next; 0: as they like
  hasEarlier = false; // there are messages before the first that is shown
  #socket;
  #outbox;
  #uploads;
  #log;
  #people;
  #on;
  #since = null; // null: nothing was read yet
  #live = false; // we have all there is, and hear what is new
  #wasLive = false; // the same, when the connection broke
  #visit = 0; // counts entries; what an earlier one still waits for is of no use any more
  #isSending = false;

  // `on` has two functions: change(), when something beside the log is to be drawn anew, and refused(text, code).
  constructor(socket, { outbox, log, people }, on) {
    this.#socket = socket;
    this.#outbox = outbox;
    this.#log = log;
    this.#people = people;
    this.#on = on;
    this.#uploads = new Uploads(socket, {
      change: (entry) => this.#showUnsent(entry),
      done: (entry, message) => this.#has(entry, message),
    });
    socket.on("connect", () => {
      this.#live = this.#wasLive && socket.recovered;
      this.#catchUp();
    });
    socket.on("disconnect", () => {
      this.#wasLive = this.#live;
      this.#live = false;
      people.lose();
    });
    socket.on("kicked", () => {
      this.#live = false;
      this.#catchUp(); // which is refused, in words
    });
    socket.on("message", (message) => this.#hear(message));
    socket.on("people", ({ room, people: here, pace }) => {
      if (room !== this.room) return;
      this.pace = pace;
      people.update(here);
    });
    socket.on("typing", ({ room, name }) => room === this.room && people.typing(name));
  }

  get isLive() {
    return this.#live;
  }

  // How many messages and files still have to be sent; those that were refused wait for the user.
  get unsent() {
    return [...this.#outbox.list(), ...this.#uploads.list()].filter((entry) => !entry.error).length;
  }

  // Whether there are files that could still be sent.
  get isUploading() {
    return this.#uploads.list().some((entry) => !entry.isTooLarge);
  }

  // Go into a room, now or as soon as there is a connection.
  enter(room, me) {
    this.room = room;
    this.me = me;
    this.pace = 0;
    this.#since = null;
    this.#live = this.#wasLive = false;
    this.hasEarlier = false;
    this.#log.clear();
    this.#people.reset(me);
    for (const entry of [...this.#outbox.list(), ...this.#uploads.list()]) this.#showUnsent(entry);
    this.#on.change();
    if (this.#socket.connected) this.#catchUp();
  }

  // Say something: it is kept first, then sent as soon as possible.
  say(text) {
    this.#showUnsent(this.#outbox.add(this.room, text));
    this.#on.change();
    this.#sendAll();
  }

  // Share a file. It is kept as long as this page is open, and sent beside what is said.
  share(file) {
    this.#showUnsent(this.#uploads.add(this.room, file));
    this.#on.change();
    this.#sendAll();
  }

  // Send once more what was refused.
  again(id) {
    this.#showUnsent(this.#uploads.has(id) ? this.#uploads.again(id) : this.#outbox.mark(id, null));
    this.#sendAll();
  }

  // Take back what was not sent; returns its text, if it is no file.
  takeBack(id) {
    const text = this.#uploads.remove(id) ? "" : this.#outbox.remove(id).text;
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

  // Show everything since a message of this room, and point at that.
  async reach({ id, at }) {
    const visit = this.#visit;
    while (visit === this.#visit && this.hasEarlier && this.#log.first > at) await this.showEarlier();
    if (visit === this.#visit) this.#log.pointAt(id);
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
      if (error instanceof Refusal) return this.#on.refused(error.message, error.code);
      return this.#catchUp(); // no answer in time
    }
    this.#on.change();
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

  #showUnsent(entry) {
    if (entry.room === this.room) this.#log.showUnsent(entry, this.me);
  }

  // The server has what this page has sent.
  #has(entry, message) {
    if (entry.room === this.room) this.#show(message);
    this.#on.change();
  }

  // One after the other, so that they arrive in the order in which they were written; files go beside them.
  async #sendAll() {
    this.#uploads.sendAll(() => this.#live);
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      for (let entry; this.#live && (entry = this.#outbox.next()); ) await this.#send(entry);
    } finally {
      this.#isSending = false;
    }
  }

  async #send(entry) {
    try {
      const { message } = await ask(this.#socket, "post", entry.id, entry.room, entry.text);
      this.#outbox.remove(entry.id);
      this.#has(entry, message);
    } catch (error) {
      if (!(error instanceof Refusal)) return; // no answer: it stays in the outbox
      this.#showUnsent(this.#outbox.mark(entry.id, error.message));
      this.#on.change();
    }
  }
}
