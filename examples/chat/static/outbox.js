// Messages that the server does not have yet. They are kept in the browser's storage, so that neither a lost connection
// nor a closed tab loses them; each is an entry of its own there, so that two tabs do not overwrite each other's.

import { newId } from "../shared/ids.js";
import { forget, keep, keysFrom, recall } from "../shared/storage.js";

const PREFIX = "chat.unsent.";

export class Outbox {
  #entries = new Map(); // id -> { id, room, text, name, written, error }
  #name = "";

  // Take over what this person left unsent, maybe in another tab. What this tab holds goes along under a new name.
  open(name) {
    this.#name = name;
    const kept = keysFrom(PREFIX).map((key) => JSON.parse(recall(key)));
    for (const entry of kept) if (entry.name === name) this.#entries.set(entry.id, entry);
    for (const entry of this.#entries.values()) this.#keep(entry);
  }

  add(room, text) {
    return this.#keep({ id: newId(), room, text, written: Date.now(), error: null });
  }

  // The server has it, or the user does not want it any more. Returns what it was, if it was here.
  remove(id) {
    const entry = this.#entries.get(id);
    if (entry) forget(PREFIX + id);
    this.#entries.delete(id);
    return entry;
  }

  // The server said no, and the entry waits for the user; or the user wants it sent again (error = null).
  mark(id, error) {
    return this.#keep({ ...this.#entries.get(id), error });
  }

  // The one to send next: the oldest that the server did not refuse.
  next() {
    return this.list().find((entry) => !entry.error);
  }

  list() {
    return [...this.#entries.values()].sort((one, other) => one.written - other.written);
  }

  #keep(entry) {
    entry.name = this.#name;
    this.#entries.set(entry.id, entry);
    keep(PREFIX + entry.id, JSON.stringify(entry));
    return entry;
  }
}
