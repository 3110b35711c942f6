// The line on the page that tells how the connection is doing: see connection.js for what there is to tell.

import { byId } from "./dom.js";

export function showStatus({ state, text, seconds }) {
  byId("status").dataset.state = state;
  const line = byId("status-text");
  if (line.textContent !== text) line.textContent = text; // what is set is read out
  byId("countdown").textContent = state !== "waiting" ? "" : seconds ? `Trying again in ${seconds} s.` : "Trying now …";
  byId("try-now").hidden = state !== "waiting";
  byId("try-now").disabled = !seconds;
}
