// Files on their way to the server, one after the other and each in chunks. The server says after each chunk how much of
// the file it has, and there we go on: so it does not matter when the connection breaks, or the server is restarted.

import { ask, Refusal } from "../shared/connection.js";
import { newId } from "../shared/ids.js";

import { sizeOf } from "./looks.js";

const CHUNK = 64 * 1024; // bytes: little enough that a message in between does not wait for long
const MOST = 10e6; // bytes of one file; the server takes no more

export class Uploads {
  #entries = new Map(); // id -> { id, room, text, size, type, preview, have, isTooLarge, error, file }
  #isSending = false;
  #socket;
  #on;

  // `on` has two functions: change(entry), when it has got on or was refused, and done(entry, message).
  constructor(socket, on) {
    this.#socket = socket;
    this.#on = on;
  }

  add(room, file) {
    const preview = file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
    const entry = { id: newId(), room, text: file.name, size: file.size, type: file.type, preview, have: 0, file };
    entry.isTooLarge = file.size > MOST;
    entry.error = entry.isTooLarge ? `It is larger than ${sizeOf(MOST)}.` : null;
    this.#entries.set(entry.id, entry);
    return entry;
  }

  // Send a refused one once more.
  again(id) {
    return Object.assign(this.#entries.get(id), { error: null });
  }

  // The server has it, or the user does not want it any more. Returns whether it was here.
  remove(id) {
    const entry = this.#entries.get(id);
    if (entry?.preview) URL.revokeObjectURL(entry.preview);
    return this.#entries.delete(id);
  }

  has(id) {
    return this.#entries.has(id);
  }

  list() {
    return [...this.#entries.values()];
  }

  // Send what there is, as long as `mayGoOn()`.
  async sendAll(mayGoOn) {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      for (let entry; mayGoOn() && (entry = this.list().find(({ error }) => !error)); ) await this.#send(entry);
    } finally {
      this.#isSending = false;
    }
  }

  async #send(entry) {
    const { id, room, file, text, size } = entry;
    try {
      let have = await this.#chunk(id, room); // all but 0 if this upload was broken off
      while (have < size && this.has(id)) {
        have = await this.#chunk(id, room, have, await file.slice(have, have + CHUNK).arrayBuffer());
        this.#progress(entry, { have });
      }
      if (!this.has(id)) return; // the user has taken it back
      const { message } = await ask(this.#socket, "post", id, room, text, size);
      this.remove(id);
      this.#on.done(entry, message);
    } catch (error) {
      if (error instanceof Refusal) this.#progress(entry, { error: error.message });
      else if (error instanceof DOMException) this.#progress(entry, { error: "The file has changed or is gone." });
      // No answer: it goes on with the next connection.
    }
  }

  // Send a chunk, or none to only ask. Returns how much of the file the server has, once it takes chunks again.
  async #chunk(...chunk) {
    try {
      return (await ask(this.#socket, "chunk", ...chunk)).have;
    } catch (error) {
      if (error.code !== "rate_limited") throw error;
      await new Promise((done) => setTimeout(done, 1000 * error.data.retry_after));
      return this.#chunk(...chunk);
    }
  }

  #progress(entry, change) {
    if (this.has(entry.id)) this.#on.change(Object.assign(entry, change));
  }
}
