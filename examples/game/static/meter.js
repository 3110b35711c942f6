// What the line costs: how long an answer takes, and how many bytes pass in a second.

import { canSend } from "../shared/connection.js";

const WINDOW = 3; // seconds that the bytes are counted over
const SMOOTH = 3; // answers that the latency is the middle of

export function createMeter(socket, onReading) {
  let bytes = { down: 0, up: 0 };
  const seconds = [];
  const delays = [];

  const size = ({ data }) => 1 + (data?.length ?? data?.byteLength ?? 0);
  socket.io.on("open", () => {
    socket.io.engine.on("packet", (packet) => (bytes.down += size(packet)));
    socket.io.engine.on("packetCreate", (packet) => (bytes.up += size(packet)));
  });
  socket.on("connect", () => (seconds.length = delays.length = 0));

  setInterval(() => {
    seconds.push(bytes);
    bytes = { down: 0, up: 0 };
    if (seconds.length > WINDOW) seconds.shift();
    measure();
    const sum = (way) => seconds.reduce((total, second) => total + second[way], 0) / seconds.length;
    const sorted = delays.toSorted((one, other) => one - other);
    onReading({ latency: sorted[Math.floor(sorted.length / 2)], down: sum("down"), up: sum("up") });
  }, 1000);

  function measure() {
    if (!canSend(socket) || document.hidden) return;
    const sent = performance.now();
    socket.emit("echo", () => {
      delays.push(performance.now() - sent);
      if (delays.length > SMOOTH) delays.shift();
    });
  }
}
