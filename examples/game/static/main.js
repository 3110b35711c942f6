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
import { createMeter } from "./meter.js";
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
const controls = new Controls(byId("field"), byId("dash"), () => picture.ours);
export const game = new Game(connection.socket, controls, { welcome: greet, card: showCard, state: showState });
createMeter(connection.socket, showLine);

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
  name = elements.name.value;
  match = elements.match.value.trim().toLowerCase();
  isWatching = submitter?.value === "watch";
  keep("game.name", name);
  keep("game.name", name, "sessionStorage");
  keep("game.role", isWatching ? "watch" : "play", "sessionStorage");
  window.history.replaceState(null, "", address());
  connection.disconnect();
  connection.connect();
});
welcome.addEventListener("close", () => {
  if (!name) askWho();
});
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
    : isTouched ? "Draw with a finger to move." : "Arrows or W A S D to move, Space to dash.";
  hintUntil = isFull || isWatching ? Infinity : performance.now() + 8000;
}
let hintUntil = 0;

const nameOf = (seat) => game.card.players.find((player) => player.seat === seat)?.name ?? "Somebody";

function showCard(card, before) {
  showScores();
  byId("over").hidden = card.playing;
  if (card.playing) {
    if (before && !before.playing) tell("The next round begins.");
    return;
  }
  const title = card.winner < 0 ? "Nobody wins alone" : card.winner === game.seat ? "You win!" : `${nameOf(card.winner)} wins`;
  if (!before || before.playing || byId("over-title").textContent === "") tell(`The round is over. ${title}.`);
  byId("over-title").textContent = title;
  const first = card.players.toSorted((one, other) => other.gems - one.gems).slice(0, 3);
  byId("podium").replaceChildren(...first.map((player) => scoreLine(player, player.gems)));
}

function showState({ birds, gems }, before) {
  if (!before) return;
  for (const [seat, bird] of birds) {
    const was = before.birds.get(seat);
    if (!was || !game.card?.playing) continue;
    const isOurs = seat === game.seat;
    if (bird.daze > was.daze) {
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

function scoreLine({ seat, name: who, bot, away, wins }, gems) {
  const swatch = element("span", { className: "swatch" });
  swatch.style.setProperty("--hue", hueOf(seat));
  const note = away ? " away" : bot ? " bot" : "";
  const made = element("li", { className: seat === game.seat ? "ours" : "" }, swatch,
    element("span", { className: "who" }, who, element("i", {}, note + (wins ? ` ${"★".repeat(Math.min(wins, 5))}` : ""))),
    element("span", { className: "gems" }, String(gems)));
  made.dataset.seat = seat;
  return made;
}

let shownScores = "";
function showScores() {
  const { newest } = game.states ?? {};
  if (!newest || !game.card) return;
  const gemsOf = ({ seat, gems }) => newest.birds.get(seat)?.gems ?? gems;
  let players = game.card.players.toSorted((one, other) => gemsOf(other) - gemsOf(one));
  if (innerWidth < 736 || innerHeight < 480) {
    const isOursBelow = players.findIndex(({ seat }) => seat === game.seat) >= SHOWN;
    players = players.filter(({ seat }, rank) => rank < SHOWN - isOursBelow || seat === game.seat);
  }
  const shown = JSON.stringify(players.map((player) => [{ ...player, gems: gemsOf(player) }]));
  if (shown === shownScores) return;
  shownScores = shown;
  byId("scores").replaceChildren(...players.map((player) => scoreLine(player, gemsOf(player))));
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
