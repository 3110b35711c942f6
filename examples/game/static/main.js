// The page: its buttons, and what is shown beside the picture. The rest is in the modules beside this one: game.js (the
// match as we are in it), pilot.js (our bird), states.js (what the server told), motion.js (how a bird moves), controls.js
// (keys and fingers), picture.js (what is drawn), meter.js (what the line costs); and in what all examples share.

import { createConnection } from "../shared/connection.js";
import { byId, element } from "../shared/dom.js";
import { newId } from "../shared/ids.js";
import * as line from "../shared/status.js";
import { keep, recall } from "../shared/storage.js";

import { Controls } from "./controls.js";
import { Game } from "./game.js";
import { Meter } from "./meter.js";
import { hueOf, Picture } from "./picture.js";

const SHOWN = 6; // lines of scores on a phone; ours is always among them
const LAST_SECONDS = 10;

const welcome = byId("welcome");
const isTouched = matchMedia("(pointer: coarse)").matches;

if (!window.io) byId("status-text").textContent = "The game cannot start. /socket.io/socket.io.js tells why.";

// By this secret the server knows this tab again, after a reload too, and gives it its bird back.
const key = recall("game.key", "sessionStorage") ?? newId();
keep("game.key", key, "sessionStorage");
let name = recall("game.name", "sessionStorage") ?? "";
let isWatching = recall("game.role", "sessionStorage") === "watch";
let match = new URLSearchParams(location.search).get("match")?.trim().toLowerCase() || "meadow";

const connection = createConnection(() => ({ name, match, key: isWatching ? "" : key }), showStatus);
const picture = new Picture(byId("field"));
export const controls = new Controls(byId("field"), byId("dash"), () => picture.ours);
const meter = new Meter(connection.socket, showLine);
export const game = new Game(connection.socket, controls, {
  welcome: greet,
  takenOver: () => {
    connection.disconnect();
    line.showStatus({ state: "refused", text: "You play in another tab." });
    askWho("You play in another tab now. Press Play to go on here.");
  },
  card: showCard,
  state: showState,
  answer: (delay) => meter.answered(delay),
});

// ---- Who, where and as what ----

// Ask for name and match; with an error when the server refused what was given before.
function askWho(error = "") {
  const { elements } = welcome.querySelector("form");
  elements.name.value = name || recall("game.name") || "";
  elements.match.value = match;
  welcome.querySelector(".error").textContent = error;
  if (!welcome.open) welcome.showModal();
  elements.name.select();
}

welcome.addEventListener("submit", ({ target: { elements }, submitter }) => {
  const before = String([match, isWatching]);
  name = elements.name.value.trim();
  match = elements.match.value.trim().toLowerCase();
  isWatching = submitter?.value === "watch";
  keep("game.name", name);
  keep("game.name", name, "sessionStorage");
  keep("game.role", isWatching ? "watch" : "play", "sessionStorage");
  window.history.replaceState(null, "", address());
  // Who wants nothing but another name keeps the bird, and its gems.
  if (connection.socket.connected && before === String([match, isWatching])) return connection.socket.emit("name", name);
  connection.disconnect();
  connection.connect();
});
welcome.addEventListener("close", () => {
  if (!name) askWho();
});
// The browser gives the focus back to the button that has opened a dialog. There Space would open it again, and not dash.
for (const dialog of [welcome, byId("invitation")]) {
  dialog.addEventListener("close", () => dialog.open || document.activeElement.blur());
}
byId("change").addEventListener("click", () => askWho());

function address() {
  return `${location.pathname}?match=${encodeURIComponent(match)}`;
}

byId("invite").addEventListener("click", () => {
  byId("link").value = location.origin + address();
  byId("copy").hidden = !navigator.clipboard; // browsers allow it on https and localhost only
  byId("copy").textContent = "Copy the link";
  byId("invitation").showModal();
  byId("link").select();
});
byId("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(byId("link").value);
  byId("copy").textContent = "Copied";
});

// ---- What the server says ----

function showStatus(status) {
  line.showStatus(status);
  if (status.state === "refused") askWho(status.text);
}
byId("try-now").addEventListener("click", connection.connect);

function greet() {
  byId("match").textContent = match;
  document.title = `${match} – Magpies`;
  const isFull = game.seat === null && !isWatching;
  byId("dash").hidden = !isTouched || game.seat === null;
  byId("hint").textContent = isFull ? "This match is full: you watch."
    : isWatching ? "You watch."
    : isTouched ? "Draw with a finger to move." : "Arrows, W A S D or the mouse to move; Space or the right button to dash.";
  hintUntil = isFull || isWatching ? Infinity : performance.now() + 8000;
}
let hintUntil = 0;

function showCard(card, before) {
  showScores();
  byId("over").hidden = card.playing;
  if (!card.playing || !before || before.playing) return;
  tell("The next round begins.");
  byId("over-title").textContent = "";
}

function showState({ birds, gems }, before) {
  if (!before) return;
  for (const [seat, bird] of birds) {
    const was = before.birds.get(seat);
    if (!was || !game.card?.playing) continue;
    const isOurs = seat === game.seat;
    if (bird.daze > was.daze && bird.daze > game.rules.SAFE_TICKS) {
      picture.burst(bird.x, bird.y, `oklch(66% .15 ${hueOf(seat)})`, 26);
      if (isOurs) tell("Somebody dashed into you.");
    }
    if (bird.gems === was.gems) continue;
    const more = bird.gems - was.gems;
    const at = isOurs && game.pilot?.body ? game.pilot.body : bird;
    if (more > 0) picture.burst(at.x, at.y, more > 4 ? "precious" : "gem", 7, isOurs ? `+${more}` : "");
    else if (isOurs) picture.burst(at.x, at.y, "ink", 0, `−${-more}`);
  }
}

function tell(text) {
  byId("news").textContent = text;
}

// ---- Beside the picture ----

function scoreLine({ seat, name: who, bot, away, gems }) {
  const swatch = element("span", { className: "swatch" });
  swatch.style.setProperty("--hue", hueOf(seat));
  return element("li", { className: seat === game.seat ? "ours" : "" }, swatch,
    element("span", { className: "who" }, who, element("i", {}, away ? " away" : bot ? " bot" : "")),
    element("span", { className: "gems" }, String(gems)));
}

let shownScores = "";
function showScores() {
  const { newest } = game.states ?? {};
  if (!newest || !game.card) return;
  const ranked = game.card.players
    .map((player) => ({ ...player, gems: newest.birds.get(player.seat)?.gems ?? 0 }))
    .sort((one, other) => other.gems - one.gems);
  const shown = JSON.stringify([game.card.playing, innerWidth, innerHeight, ranked]);
  if (shown === shownScores) return;
  shownScores = shown;
  byId("scores").replaceChildren(...fitting(ranked).map(scoreLine));
  if (!game.card.playing) showWinner(ranked);
}

function showWinner([best, second, third]) {
  const isShared = !best?.gems || best.gems === second?.gems;
  const title = isShared ? "Nobody wins alone" : best.seat === game.seat ? "You win!" : `${best.name} wins`;
  if (byId("over-title").textContent !== title) tell(`The round is over. ${title}.`);
  byId("over-title").textContent = title;
  byId("podium").replaceChildren(...[best, second, third].filter(Boolean).map(scoreLine));
}

// As many lines of scores as there is place for, with ours among them.
function fitting(players) {
  if (innerWidth >= 736 && innerHeight >= 480) return players;
  const isOursBelow = players.findIndex(({ seat }) => seat === game.seat) >= SHOWN;
  return players.filter(({ seat }, rank) => rank < SHOWN - isOursBelow || seat === game.seat);
}

function showTime(now) {
  const left = game.secondsLeft(now);
  if (left === null || !connection.socket.connected) return;
  const seconds = Math.ceil(left);
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const { playing } = game.card;
  if (byId("time").textContent !== text) byId("time").textContent = text;
  byId("time").classList.toggle("ends", playing && left < LAST_SECONDS);
  if (!playing) byId("next").textContent = `The next round begins in ${seconds} s.`;
}

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB/s`;

function showLine({ latency, down, up }) {
  const delay = latency === undefined ? "–" : `${Math.round(latency)} ms`;
  byId("line").replaceChildren(
    element("span", { title: "From here to the server and back" }, delay),
    element("span", { title: "What arrives" }, `↓ ${kilobytes(down)}`),
    element("span", { title: "What is sent" }, `↑ ${kilobytes(up)}`));
}

// ---- Begin ----

function frame() {
  const now = performance.now();
  game.run(now);
  const view = game.view(now);
  if (view) {
    picture.draw(view, now);
    if (controls.stick && !controls.stick.isMouse) picture.drawStick(controls.stick);
    showTime(now);
    showScores();
    byId("dash").dataset.ready = !game.pilot?.body?.dash;
    if (now > hintUntil) byId("hint").textContent = "";
  }
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);

if (name) connection.connect();
else askWho();
