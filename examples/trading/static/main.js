// The page: what comes from the server, and where it goes. The rest is in the modules beside this one: book.js (the
// order book and how it stays right), ladder.js, chart.js, market.js and account.js (what is seen), ticket.js (orders),
// pace.js (the slow browser); and in what all examples share: connection.js (the line to the server) and small help.

import { createConnection } from "../shared/connection.js";
import { byId } from "../shared/dom.js";
import * as line from "../shared/status.js";

import { Account } from "./account.js";
import { Book } from "./book.js";
import { Chart } from "./chart.js";
import { drawer } from "./format.js";
import { Ladder } from "./ladder.js";
import { Market } from "./market.js";
import { Pace } from "./pace.js";
import { Ticket } from "./ticket.js";

if (!window.io) byId("status-text").textContent = "The exchange cannot start. /socket.io/socket.io.js tells why.";

// An order is sent again until it is answered, over as many connections as it takes.
const connection = createConnection(() => ({}), showStatus, { retries: 20, ackTimeout: 5000 });
const { socket } = connection;

const book = new Book();
const chart = new Chart();
const market = new Market(() => account.drawWorth());
const account = new Account(market, (key) => ask("cancel", key));
const ticket = new Ticket((order) => ask("order", order), market);
const ladder = new Ladder((price) => ticket.setPrice(price));
const pace = new Pace((isSlow) => {
  socket.io.opts.transports = isSlow ? ["polling"] : ["websocket", "polling"];
  connection.disconnect();
  connection.connect();
});
const draw = drawer(() => {
  ladder.draw(book, market.closed);
  chart.draw();
});
setInterval(() => market.symbol && draw(), 10_000); // a market may have opened or closed

// Send an event and wait for its answer. Throws what the server refuses with: { code, message, data }.
async function ask(event, ...args) {
  const answer = await socket.emitWithAck(event, ...args);
  if (answer?.error) throw Object.assign(new Error(answer.error.message), answer.error);
  return answer;
}

// ---- What the server says ----

socket.on("connect", () => {
  if (!socket.recovered) pace.reset();
  if (!socket.recovered && market.symbol) look(market.symbol);
});
socket.on("listing", (listing) => {
  market.load(listing);
  if (!market.symbol) look(symbolInAddress());
});
socket.on("account", (about) => account.load(about));
socket.on("tick", ([number, symbol, price]) => {
  pace.tick(number);
  market.tick(symbol, price);
});
socket.on("delta", (delta) => {
  const outcome = book.apply(delta);
  if (outcome === "applied") change(delta);
  if (outcome !== "gap") return;
  pace.gap();
  look(market.symbol);
});
socket.on("logged out", () => location.reload());

function change(delta) {
  pace.delta();
  for (const [price] of delta.trades) chart.add(delta.at, price);
  draw();
}

// ---- What is looked at ----

const symbolInAddress = () => {
  const symbol = new URLSearchParams(location.search).get("symbol")?.toUpperCase();
  return symbol in market.listings ? symbol : Object.keys(market.listings)[0];
};

let visit = 0; // counts questions; the answer to an earlier one is of no use any more

// Ask for the whole book of a symbol: it is another one, or we have missed something of this one.
async function look(symbol) {
  const thisVisit = ++visit;
  if (symbol !== market.symbol) {
    market.choose(symbol);
    ticket.choose(symbol, market.last(symbol));
  }
  book.expect(symbol);
  const answer = await ask("watch", symbol);
  if (thisVisit !== visit) return;
  chart.show(answer.candles);
  book.load(answer).forEach(change);
  draw();
}

byId("symbols").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  look(symbolInAddress());
});
addEventListener("popstate", () => market.symbol && look(symbolInAddress()));

// ---- Who ----

const welcome = byId("welcome");

welcome.addEventListener("cancel", (event) => event.preventDefault());
welcome.addEventListener("submit", async (event) => {
  event.preventDefault();
  const error = welcome.querySelector(".error");
  error.textContent = "";
  try {
    const answer = await fetch("login", { method: "POST", body: new FormData(event.target) });
    error.textContent = (await answer.json()).error ?? "";
  } catch {
    error.textContent = "The server does not answer. Please try again.";
  }
  if (error.textContent) return event.target.elements.password.select();
  welcome.close();
  byId("ticket").querySelector("input").focus();
  connection.connect();
});
byId("log-out").addEventListener("click", async () => {
  try {
    await fetch("logout", { method: "POST" });
    location.reload();
  } catch {
    byId("still-in").textContent = "The server does not answer: you are still logged in.";
  }
});

function showStatus(status) {
  if (status.state === "refused") {
    if (!welcome.open) welcome.showModal();
    status = { state: "connecting", text: "You are not logged in." };
  }
  line.showStatus(status);
  ticket.enable(status.state === "connected");
  document.body.dataset.line = status.state;
  if (status.state === "connected") byId("still-in").textContent = "";
}
byId("try-now").addEventListener("click", connection.connect);

// ---- Begin ----

connection.connect();
