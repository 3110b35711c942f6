// The start page: the numbers of the server, as they come once a second.

import { createConnection } from "../shared/connection.js";
import { byId } from "../shared/dom.js";
import * as line from "../shared/status.js";

const MINUTE = 60; // of these, one a second, the curve is made

if (!window.io) byId("status-text").textContent = "No numbers: /socket.io/socket.io.js tells why.";

const connection = createConnection(() => ({}), line.showStatus);
const whole = new Intl.NumberFormat("en");
let past = []; // events that went out, each second

// Over all apps, without the page that you look at: clients, events in, events out.
const totals = ({ start, ...apps }) => [0, 1, 2].map((part) => Object.values(apps).reduce((sum, of) => sum + of[part], 0));

connection.socket.on("past", (seconds) => {
  past = seconds.map((numbers) => totals(numbers)[2]);
});
connection.socket.on("numbers", (numbers) => {
  const total = totals(numbers);
  ["clients", "received", "sent"].forEach((id, part) => (byId(id).textContent = whole.format(total[part])));
  for (const place of document.querySelectorAll("[data-app]")) {
    const [clients, received, sent] = numbers[place.dataset.app];
    const who = clients === 1 ? "1 client" : `${whole.format(clients)} clients`;
    place.textContent = `${who} · ${whole.format(received + sent)} events a second`;
  }
  past = [...past, total[2]].slice(-MINUTE);
  drawCurve(past);
});
byId("try-now").addEventListener("click", connection.connect);

// The newest number is at the right, the largest at the top.
function drawCurve(values) {
  const most = Math.max(10, ...values);
  const points = values.map((value, index) => `${MINUTE - values.length + index + 1},${19 - (value / most) * 18}`);
  const [area, curve] = byId("curve").children;
  curve.setAttribute("points", points.join(" "));
  area.setAttribute("d", `M${points.join("L")}L${MINUTE},20L${MINUTE - values.length + 1},20Z`);
}

connection.connect();
