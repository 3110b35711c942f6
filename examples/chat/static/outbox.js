// Messages that the server does not have yet. They are kept in the browser's storage, so that neither a lost connection
// nor a closed tab loses them; each is an entry of its own there, so that two tabs do not overwrite each other's.

const PREFIX = "chat.unsent.";

export class Outbox {
  #entries = new Map();
  #name = "";

  // Take over what this person left unsent, maybe in another tab. What this tab holds goes along under a new name.
  open(name) {
    this.#name = name;
    for (const entry of stored()) if (entry.name === name) this.#entries.set(entry.id, entry);
    for (const entry of this.#entries.values()) this.#keep(entry);
  }

  add(room, text) {
    const entry = { id: newId(), room, text, written: Date.now() };
    this.#keep(entry);
    return entry;
  }

  // The server has it, or the user does not want it any more.
  remove(id) {
    if (this.#entries.delete(id)) store((storage) => storage.removeItem(PREFIX + id));
  }

  // The server said no: it waits for the user, who can send it again (error = null).
  mark(id, error) {
    this.#keep({ ...this.#entries.get(id), error });
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
    store((storage) => storage.setItem(PREFIX + entry.id, JSON.stringify(entry)));
  }
}

function stored() {
  return store((storage) =>
    Object.keys(storage).filter((key) => key.startsWith(PREFIX)).map((key) => JSON.parse(storage[key]))
  ) ?? [];
}

// Storage may be switched off or full: then messages are kept as long as the page is open.
function store(action) {
  try {
    return action(localStorage);
  } catch (error) {
    console.warn("This browser keeps nothing for us:", error.message);
  }
}

// 128 random bits. (crypto.randomUUID exists on https and localhost only; phones try a chat out on neither.)
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
