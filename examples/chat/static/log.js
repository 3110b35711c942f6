// The messages on the page, in the order of the history, each once however often it is shown.

import { avatar, dayOf, element, linked, timeOf } from "./dom.js";

const SAME_BREATH = 5 * 60_000; // messages of one person this close together (ms) stand under one name
const NEAR = 80; // who is at most this far (pixels) from the end is reading along

export class Log {
  #items = []; // { id, at, name, element, ... }, sorted by `at`; what the server does not have yet has at = Infinity
  #scroller;
  #list;
  #toBottom;
  #actions;

  // `actions` are what the buttons of a refused message do: again(id) and edit(id).
  constructor(scroller, list, toBottom, actions) {
    this.#scroller = scroller;
    this.#list = list;
    this.#toBottom = toBottom;
    this.#actions = actions;
    toBottom.addEventListener("click", () => this.scrollToEnd());
    scroller.addEventListener("scroll", () => this.#isNearEnd() && (toBottom.hidden = true));
    // The space shrinks when the composer grows or a phone's keyboard opens.
    let wasNear = true;
    scroller.addEventListener("scroll", () => (wasNear = this.#isNearEnd()));
    new ResizeObserver(() => wasNear && this.scrollToEnd()).observe(scroller);
  }

  // A message that the server has.
  show(message, mine) {
    const known = this.#find(message.id);
    if (known && known.at !== Infinity) return;
    const item = known ?? this.#make(message, mine);
    item.at = message.at;
    this.#set(item, "");
    this.#place(item);
  }

  // A message that the server does not have yet, or refused with an error.
  showUnsent(entry, name) {
    const item = this.#find(entry.id) ?? this.#make({ ...entry, name }, true);
    item.at ??= Infinity;
    this.#set(item, entry.error ? "refused" : "waiting", entry.error);
    this.#place(item);
    this.scrollToEnd();
  }

  // A quiet line, about who came and went. It stays where it is: after what has been said so far.
  note(text) {
    const last = this.#items.findLast((item) => item.at !== Infinity);
    this.#place({ at: last?.at ?? 0, element: element("li", { className: "note" }, text) });
  }

  remove(id) {
    const index = this.#items.findIndex((item) => item.id === id);
    if (index < 0) return;
    this.#items.splice(index, 1)[0].element.remove();
    this.#dress(index);
  }

  clear() {
    this.#items = [];
    this.#list.replaceChildren();
    this.#toBottom.hidden = true;
  }

  get first() {
    return this.#items.find((item) => item.id && item.at !== Infinity)?.at;
  }

  get isEmpty() {
    return !this.#items.some((item) => item.id);
  }

  scrollToEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#toBottom.hidden = true;
  }

  // Run `add`, which puts earlier messages on top, and leave what the reader looks at where it is.
  keepingPlace(add) {
    const below = this.#scroller.scrollHeight - this.#scroller.scrollTop;
    add();
    this.#scroller.scrollTop = this.#scroller.scrollHeight - below;
  }

  #isNearEnd() {
    return this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight < NEAR;
  }

  #find(id) {
    return this.#items.find((item) => item.id === id);
  }

  #make({ id, name, text }, mine) {
    const item = { id, name, mine };
    item.day = element("h3", { className: "day" });
    item.time = element("time");
    item.head = element("p", { className: "head" }, element("span", { className: "name" }, name), item.time);
    item.state = element("p", { className: "state" });
    item.element = element("li", { className: mine ? "message mine" : "message" }, item.day, avatar(name),
      item.head, element("p", { className: "text" }, ...linked(text)), item.state);
    return item;
  }

  // Say below the message that it waits or why it was refused.
  #set(item, state, error) {
    item.element.dataset.state = state;
    if (state === "waiting") item.state.replaceChildren("Not sent yet");
    else if (state === "refused") {
      const again = element("button", { className: "plain", onclick: () => this.#actions.again(item.id) }, "Try again");
      const edit = element("button", { className: "plain", onclick: () => this.#actions.edit(item.id) }, "Edit");
      item.state.replaceChildren(`Not sent: ${error} `, again, " ", edit);
    } else item.state.replaceChildren();
  }

  // Put an item where it belongs; one that is there already is not touched, so that nothing is read out twice.
  #place(item) {
    const reading = this.#isNearEnd();
    const old = this.#items.indexOf(item);
    if (old >= 0) this.#items.splice(old, 1);
    let index = this.#items.length;
    while (index > 0 && this.#items[index - 1].at > item.at) index -= 1;
    this.#items.splice(index, 0, item);
    if (index !== old) this.#list.insertBefore(item.element, this.#items[index + 1]?.element ?? null);
    for (const changed of [index, index + 1, old, old + 1]) this.#dress(changed);
    if (reading) this.scrollToEnd();
    else if (item.id && index === this.#items.length - 1) this.#toBottom.hidden = false;
  }

  // What an item shows depends on the one before: a new day gets a line, one person's messages stand together.
  #dress(index) {
    const item = this.#items[index];
    if (!item?.id) return;
    const at = item.at === Infinity ? Date.now() : item.at;
    const before = this.#items.slice(0, index).findLast((other) => other.id);
    const beforeAt = before && (before.at === Infinity ? Date.now() : before.at);
    item.day.textContent = before && dayOf(beforeAt) === dayOf(at) ? "" : dayOf(at);
    const together = this.#items[index - 1]?.name === item.name && !item.day.textContent && at - beforeAt < SAME_BREATH;
    item.element.classList.toggle("together", together);
    item.time.textContent = timeOf(at);
    item.time.dateTime = new Date(at).toISOString();
  }
}
