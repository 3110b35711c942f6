// The messages on the page, in the order of the history, each once however often it is shown.

import { element } from "../shared/dom.js";

import { avatar, contentOf, dayOf, timeOf } from "./looks.js";

const SAME_BREATH = 5 * 60_000; // messages of one person this close together (ms) stand under one name
const NEAR = 80; // who is at most this far (pixels) from the end reads along

export class Log {
  #items = []; // { id, at, element, ... }, sorted by `at`; what the server does not have yet has at = Infinity
  #byId = new Map();
  #readsAlong = true; // the end is in sight, and stays so when something is added
  #today = "";
  #scroller;
  #list;
  #toEnd;
  #actions;

  // `actions` are what the buttons of an unsent message do: again(id) and takeBack(id).
  constructor(scroller, list, toEnd, actions) {
    this.#scroller = scroller;
    this.#list = list;
    this.#toEnd = toEnd;
    this.#actions = actions;
    toEnd.addEventListener("click", () => this.scrollToEnd());
    scroller.addEventListener("scroll", () => {
      this.#readsAlong = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
      if (this.#readsAlong) toEnd.hidden = true;
    });
    // Something was added, or there is less space: the composer grew, or a phone's keyboard opened.
    const follow = new ResizeObserver(() => this.#readsAlong && this.scrollToEnd());
    follow.observe(scroller);
    follow.observe(list);
  }

  // A message that the server has.
  show(message, mine) {
    const known = this.#byId.get(message.id);
    if (known && known.at !== Infinity) return;
    const item = known ?? this.#make(message, mine);
    if (known && message.size != null) this.#fill(item, message); // no preview any more
    item.at = message.at;
    this.#set(item, "");
    this.#place(item);
  }

  // A message or a file that the server does not have yet, or has refused with an error.
  showUnsent(entry, name) {
    const known = this.#byId.get(entry.id);
    if (known && known.at !== Infinity) return;
    const item = known ?? this.#make({ ...entry, name }, true);
    this.#set(item, entry.error ? "refused" : "waiting", entry);
    if (known) return;
    item.at = Infinity;
    this.#place(item);
    this.scrollToEnd();
  }

  // A quiet line, about who came and went. It stays where it is: after what has been said so far.
  note(text) {
    const last = this.#items.findLast((item) => item.at !== Infinity);
    this.#place({ at: last?.at ?? 0, element: element("li", { className: "note" }, text) });
  }

  remove(id) {
    const item = this.#byId.get(id);
    const index = this.#items.indexOf(item);
    this.#byId.delete(id);
    this.#items.splice(index, 1);
    item.element.remove();
    this.#dress(index);
  }

  clear() {
    this.#items = [];
    this.#byId.clear();
    this.#list.replaceChildren();
    this.scrollToEnd();
  }

  // The place of the first message, if there is any that the server has.
  get first() {
    return this.#items.find((item) => item.id && item.at !== Infinity)?.at;
  }

  get isEmpty() {
    return this.#byId.size === 0;
  }

  scrollToEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#readsAlong = true;
    this.#toEnd.hidden = true;
  }

  // Bring a message into sight, and point at it.
  pointAt(id) {
    const { element: message } = this.#byId.get(id) ?? {};
    if (!message) return;
    this.#readsAlong = false;
    message.tabIndex = -1;
    message.focus({ preventScroll: true });
    message.scrollIntoView({ block: "center" });
  }

  // Run `add`, which puts earlier messages on top, and leave what the reader looks at where it is.
  keepingPlace(add) {
    const below = this.#scroller.scrollHeight - this.#scroller.scrollTop;
    add();
    this.#scroller.scrollTop = this.#scroller.scrollHeight - below;
  }

  #make(message, mine) {
    const { id, name } = message;
    const item = { id, name, content: element("p") };
    item.day = element("h3", { className: "day" });
    item.time = element("time");
    item.head = element("p", { className: "head" }, element("span", { className: "name" }, name), item.time);
    item.state = element("p", { className: "state" });
    item.element = element("li", { className: mine ? "message mine" : "message" }, item.day, avatar(name),
      item.head, item.content, item.state);
    this.#fill(item, message);
    this.#byId.set(id, item);
    return item;
  }

  #fill(item, message) {
    const content = contentOf(message);
    item.content.replaceWith(content);
    item.content = content;
  }

  // Say below the message that it waits, how far a file has got, or why it was refused.
  #set(item, state, { error, size, have, isTooLarge } = {}) {
    item.element.dataset.state = state;
    const button = (label, action) =>
      element("button", { className: "plain", onclick: () => this.#actions[action](item.id) }, label);
    const isFile = size != null;
    if (state === "refused") {
      const takeBack = button(isFile ? "Remove" : "Edit", "takeBack");
      item.state.replaceChildren(`Not sent: ${error} `, ...(isTooLarge ? [] : [button("Try again", "again"), " "]), takeBack);
    } else if (state === "waiting" && isFile) {
      item.bar ??= element("progress", { max: Math.max(size, 1), ariaLabel: "Sent" });
      item.bar.value = have;
      if (!item.bar.isConnected) item.state.replaceChildren(item.bar, " ", button("Cancel", "takeBack"));
    } else item.state.replaceChildren(state === "waiting" ? "Not sent yet" : "");
  }

  // Put an item where it belongs; one that is there already is not touched, so that nothing is read out twice.
  #place(item) {
    const old = this.#items.indexOf(item);
    if (old >= 0) this.#items.splice(old, 1);
    let index = this.#items.length;
    while (index > 0 && this.#items[index - 1].at > item.at) index -= 1;
    this.#items.splice(index, 0, item);
    if (index !== old) this.#list.insertBefore(item.element, this.#items[index + 1]?.element ?? null);
    for (const changed of [index, index + 1, old, old + 1]) this.#dress(changed);
    this.#dressAllOnNewDay();
    if (item.id && index === this.#items.length - 1 && !this.#readsAlong) this.#toEnd.hidden = false;
  }

  // What an item shows depends on the one before: a new day gets a line, one person's messages stand together.
  #dress(index) {
    const item = this.#items[index];
    if (!item?.id) return;
    const before = this.#messageBefore(index);
    const at = timeOfItem(item);
    const gap = before ? at - timeOfItem(before) : Infinity;
    item.day.textContent = before && dayOf(timeOfItem(before)) === dayOf(at) ? "" : dayOf(at);
    const isTogether = before === this.#items[index - 1] && before?.name === item.name && gap < SAME_BREATH;
    item.element.classList.toggle("together", isTogether && !item.day.textContent);
    item.time.textContent = timeOf(at);
    item.time.dateTime = new Date(at).toISOString();
  }

  #messageBefore(index) {
    while (--index >= 0 && !this.#items[index].id);
    return this.#items[index];
  }

  // A page that is open overnight: what was "Today" is not any more.
  #dressAllOnNewDay() {
    const today = new Date().toDateString();
    if (today === this.#today) return;
    this.#today = today;
    this.#items.forEach((_, index) => this.#dress(index));
  }
}

// When it was said; of what the server does not have yet: now.
function timeOfItem(item) {
  return item.at === Infinity ? Date.now() : item.at;
}
