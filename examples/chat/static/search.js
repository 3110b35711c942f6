// Searching what was said: a dialog with a field, and below it what was found, the newest first.

import { ask, Refusal } from "../shared/connection.js";
import { byId, element } from "../shared/dom.js";

import { dayOf, marked, timeOf } from "./looks.js";

const PAUSE = 250; // ms without a key, and we look

export function createSearch(socket, conversation) {
  const dialog = byId("search");
  const field = byId("search-words");
  let timer = null;
  let count = 0; // of searches; the answer to an earlier one comes too late

  async function search() {
    const words = field.value.trim();
    const number = ++count;
    if (!words) return show([], "");
    try {
      if (!socket.connected) throw new Refusal({ message: "There is no connection at the moment." });
      const { messages, more } = await ask(socket, "history", conversation.room, null, null, words);
      if (number !== count) return;
      const found = messages.length === 0 ? "Nothing found." : more ? `The last ${messages.length}:` : "";
      show(messages, found, words);
    } catch (error) {
      if (number === count) show([], error instanceof Refusal ? error.message : "The server does not answer.");
    }
  }

  function show(messages, summary, words) {
    byId("search-summary").textContent = summary;
    byId("found").replaceChildren(...messages.map((message) => {
      const when = element("time", {}, `${dayOf(message.at)}, ${timeOf(message.at)}`);
      const head = element("span", { className: "head" }, element("strong", {}, message.name), when);
      const text = element("span", { className: "words" }, ...marked(message.text, words));
      return element("li", {}, element("button", { type: "button", onclick: () => go(message) }, head, text));
    }));
  }

  async function go(message) {
    dialog.close();
    try {
      await conversation.reach(message);
    } catch {
      // The connection broke on the way: the page says so already.
    }
  }

  byId("open-search").addEventListener("click", () => {
    field.value = "";
    show([], "");
    byId("search-title").textContent = `Search #${conversation.room}`;
    dialog.showModal();
  });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE);
  });
  byId("close-search").addEventListener("click", () => dialog.close());
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    search();
  });
}
