// The page: what its buttons and fields do. The rest is in the modules beside this one: conversation.js (what is said in
// a room), outbox.js and uploads.js (what is not sent yet), search.js, moderation.js, log.js, people.js and looks.js (what
// is seen of it); and in what all examples share: connection.js (the line to the server) and small help.

import { createConnection } from "../shared/connection.js";
import { byId, element } from "../shared/dom.js";
import { newId } from "../shared/ids.js";
import * as line from "../shared/status.js";
import { keep, recall } from "../shared/storage.js";

import { Conversation } from "./conversation.js";
import { Log } from "./log.js";
import { createModeration } from "./moderation.js";
import { Outbox } from "./outbox.js";
import { People } from "./people.js";
import { createSearch } from "./search.js";

const TYPING_EVERY = 2000; // ms between two typing hints
const MOST_ROOMS = 12; // in the list at the side
const ABOUT_ROOM = ["bad_room", "kicked"]; // by these the server refuses a room, by all others a name

const welcome = byId("welcome");
const text = byId("text");

if (!window.io) byId("status-text").textContent = "The chat cannot start. /socket.io/socket.io.js tells why.";

// Which browser this is: the server lets no other one use our name while we are here.
const browser = recall("chat.browser") ?? newId();
keep("chat.browser", browser);
// The name belongs to the tab, so that two tabs can be two people; a new tab proposes the last one.
let name = recall("chat.name", "sessionStorage") ?? "";

const outbox = new Outbox();
const log = new Log(byId("scroller"), byId("messages"), byId("to-bottom"), {
  again: (id) => conversation.again(id),
  takeBack: (id) => {
    const written = conversation.takeBack(id);
    if (written) write([written, text.value].filter(Boolean).join("\n")); // above what is being written
    text.focus();
  },
});
const people = new People(byId("people"), byId("typing"), {
  change: (count, note) => {
    byId("count").textContent = count ? `${count} here` : "";
    if (note) log.note(note);
    showRules();
  },
  choose: (person) => moderation.open(person),
});
export const connection = createConnection(() => ({ name, browser }), showStatus);
const conversation = new Conversation(connection.socket, { outbox, log, people }, {
  change: showConversation,
  refused: (error, code) => {
    if (code === "bad_room") keepRooms(knownRooms().filter((room) => room !== conversation.room));
    askWho(error, code);
  },
});
const moderation = createModeration(connection.socket, conversation, (name) => people.focus(name));
createSearch(connection.socket, conversation);

// ---- Who and where ----

const asRoom = (written) => written.trim().toLowerCase().replace(/\s+/g, "-");
const roomInAddress = () => asRoom(new URLSearchParams(location.search).get("room") ?? "");
const addressOf = (room) => `${location.pathname}?room=${encodeURIComponent(room)}`;

// Ask for name and room; with an error when the server refused what was given before.
function askWho(error = "", code = "") {
  const { elements } = welcome.querySelector("form");
  elements.name.value = name || recall("chat.name") || "";
  elements.room.value = conversation.room || roomInAddress() || "lobby";
  welcome.querySelector(".error").textContent = error;
  // Escape leads past a question that was answered before, and past no other.
  welcome.closedBy = error || !name ? "none" : "closerequest";
  if (!welcome.open) welcome.showModal();
  elements[ABOUT_ROOM.includes(code) ? "room" : "name"].select();
}

welcome.addEventListener("submit", ({ target: { elements } }) => {
  welcome.querySelector(".error").textContent = "";
  const given = elements.name.value.trim().replace(/\s+/g, " "); // as the server tidies it
  const isOtherName = name !== given || !connection.socket.connected;
  name = given;
  keep("chat.name", name);
  keep("chat.name", name, "sessionStorage");
  go(asRoom(elements.room.value));
  if (!isOtherName) return;
  connection.disconnect();
  connection.connect();
});
welcome.addEventListener("close", () => {
  if (welcome.open) return; // this comes late: the server said no meanwhile
  const error = welcome.querySelector(".error").textContent;
  if (error || !name) askWho(error); // not every browser knows `closedBy`
  else focusText();
});
byId("change-name").addEventListener("click", () => askWho());

const drafts = new Map(); // what is half written, by room

function go(room) {
  if (room !== roomInAddress()) window.history.pushState(null, "", addressOf(room));
  byId("me").textContent = name;
  drafts.set(conversation.room, text.value);
  write(drafts.get(room) ?? "");
  outbox.open(name);
  conversation.enter(room, name);
  showRooms(room);
}

addEventListener("popstate", () => {
  if (!name) return;
  if (byId("status").dataset.state !== "refused") { // else it is about the name, in whichever room
    welcome.querySelector(".error").textContent = "";
    welcome.close();
  }
  go(roomInAddress() || "lobby");
});

// ---- Rooms ----

const knownRooms = () => JSON.parse(recall("chat.rooms") ?? '["lobby"]');
const keepRooms = (rooms) => keep("chat.rooms", JSON.stringify(rooms));

// Rooms that this browser has been in, the last one first in what is kept, by name on the page.
function showRooms(current) {
  const rooms = [current, ...knownRooms().filter((room) => room !== current)].slice(0, MOST_ROOMS);
  keepRooms(rooms);
  byId("rooms").replaceChildren(...rooms.sort().map((room) => {
    const link = element("a", { href: addressOf(room) }, room);
    if (room === current) link.ariaCurrent = "page";
    return element("li", {}, link);
  }));
}

byId("rooms").addEventListener("click", (event) => {
  if (!event.target.matches("a") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  byId("side").hidePopover();
  go(event.target.textContent);
  focusText();
});

byId("open-room").addEventListener("submit", (event) => {
  event.preventDefault();
  byId("side").hidePopover();
  go(asRoom(event.target.elements.room.value));
  event.target.reset();
  focusText();
});

function invite() {
  byId("link").value = location.origin + addressOf(conversation.room);
  byId("copy").hidden = !navigator.clipboard; // browsers allow it on https and localhost only
  byId("copy").textContent = "Copy the link";
  byId("invitation").showModal();
  byId("link").select();
}
byId("invite").addEventListener("click", invite);
byId("invite-first").addEventListener("click", invite);
byId("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(byId("link").value);
  byId("copy").textContent = "Copied";
});

// ---- Writing ----

// Not on a phone, where its keyboard would cover half of the messages.
function focusText() {
  if (matchMedia("(hover: hover)").matches) text.focus();
}

function write(written) {
  text.value = written;
  text.style.height = ""; // one line
  if (written) text.style.height = `${text.scrollHeight + text.offsetHeight - text.clientHeight}px`;
}

let lastHint = 0; // when the others were last told that we are typing

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  if (text.value.trim()) conversation.say(text.value);
  write("");
  lastHint = 0;
  text.focus();
});

text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId("composer").requestSubmit();
});

text.addEventListener("input", () => {
  write(text.value);
  if (!text.value.trim() || !conversation.isLive || Date.now() - lastHint < TYPING_EVERY) return;
  lastHint = Date.now();
  connection.socket.volatile.emit("typing", conversation.room); // volatile: not worth keeping
});

// ---- Sharing files ----

const chooser = byId("files");

function share(files) {
  for (const file of files) conversation.share(file);
}

byId("attach").addEventListener("click", () => chooser.click());
chooser.addEventListener("change", () => {
  share(chooser.files);
  chooser.value = ""; // so that the same file can be chosen again
  focusText();
});
text.addEventListener("paste", ({ clipboardData }) => {
  // Some programs put a picture of a text beside the text.
  if (!clipboardData.getData("text/plain")) share(clipboardData.files);
});

for (const type of ["dragover", "dragleave", "drop"]) {
  addEventListener(type, (event) => {
    const isFiles = event.dataTransfer.types.includes("Files");
    if (isFiles) event.preventDefault(); // or the browser would leave our page and open them
    document.body.classList.toggle("dropping", isFiles && type === "dragover" && !document.querySelector("dialog[open]"));
    if (isFiles && type === "drop" && name) share(event.dataTransfer.files);
  });
}

// What is half sent is lost with the page: the browser asks whether that is meant.
addEventListener("beforeunload", (event) => conversation.isUploading && event.preventDefault());

// ---- Showing ----

function showStatus(status) {
  line.showStatus(status);
  if (status.state === "refused") askWho(status.text, status.code);
  showConversation();
}
byId("try-now").addEventListener("click", connection.connect);

let unread = 0;
function showConversation(message) {
  if (message && document.hidden && message.name !== name) unread += 1;
  const { room } = conversation;
  document.title = `${unread ? `(${unread}) ` : ""}${room ? `#${room} – ` : ""}Chat`;
  byId("room").textContent = room ? `#${room}` : "Chat";
  text.placeholder = `Message #${room}`;
  byId("scroller").ariaBusy = !conversation.isLive; // what is only fetched is not read out
  byId("earlier").hidden = !conversation.hasEarlier;
  byId("earlier").disabled = !connection.socket.connected;
  byId("earlier").title = connection.socket.connected ? "" : "When the connection is back";
  const isWaiting = byId("status").dataset.state === "waiting";
  byId("empty").hidden = !(log.isEmpty && (conversation.isLive || isWaiting));
  byId("empty").dataset.state = isWaiting ? "waiting" : "connected";
  const { unsent } = conversation;
  byId("unsent").textContent = unsent === 0 || connection.socket.connected ? ""
    : unsent === 1 ? "One message waits here until then." : `${unsent} messages wait here until then.`;
}
// What the room asks of everybody, what it asks of us, and what the moderator can set.
function showRules() {
  const { pace } = conversation;
  const { moderates, muted } = people.me;
  byId("notice").textContent = muted ? "The moderator has muted you: you can read here, but not write."
    : pace ? `Slow mode: one message every ${pace} seconds.` : "";
  byId("notice").classList.toggle("warn", muted);
  byId("moderation").hidden = !moderates;
  byId("pace").value = pace;
}

byId("earlier").addEventListener("click", async () => {
  try {
    await conversation.showEarlier();
  } catch {
    byId("notice").textContent = "The server does not answer. Please try again.";
  }
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) unread = 0;
  showConversation();
});

// ---- Begin ----

if (name) {
  go(roomInAddress() || "lobby");
  connection.connect();
} else askWho();
