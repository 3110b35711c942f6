// Official Socket.IO clients, driven over stdin and stdout by tests/e2e/clients.py.
//
// Every line is a JSON array. In: [client, command, ...arguments], see `commands`. Out: [client, what, ...details], in
// the order in which it happened. What JSON cannot say is an object with one key, see `write` and `read`.
// The process ends with its stdin, so it never outlives the tests.

import { createInterface } from "node:readline";
import { Manager } from "socket.io-client";
import * as msgpack from "socket.io-msgpack-parser";

const sockets = new Map();
const acknowledgements = new Map(); // the functions that answer events of the server, by number

function write(key, value) {
  const raw = this[key]; // before Buffer's own toJSON
  if (raw instanceof ArrayBuffer || ArrayBuffer.isView(raw)) return { $bytes: Buffer.from(raw).toString("base64") };
  if (raw instanceof Date) return { $date: raw.getTime() };
  if (typeof raw === "number" && !Number.isFinite(raw)) return { $number: String(raw) };
  return value;
}

function read(key, value) {
  if (value?.$bytes !== undefined) return Buffer.from(value.$bytes, "base64");
  if (value?.$date !== undefined) return new Date(value.$date);
  return value;
}

function tell(...line) {
  process.stdout.write(JSON.stringify(line, write) + "\n");
}

function add(id, manager, namespace, auth) {
  const socket = manager.socket(namespace, { auth });
  sockets.set(id, socket);
  socket.on("connect", () => tell(id, "connect", socket.id, socket.recovered));
  socket.on("disconnect", (reason) => tell(id, "disconnect", reason));
  socket.on("connect_error", (error) => tell(id, "connect_error", error.message, error.data));
  socket.onAny((event, ...args) => {
    let number = null;
    if (typeof args.at(-1) === "function") {
      number = acknowledgements.size;
      acknowledgements.set(number, args.pop());
    }
    tell(id, "event", event, args, number);
  });
  socket.connect();
}

const commands = {
  // A client with a connection of its own.
  connect(id, url, namespace, { auth, parser, ...options }) {
    const chosen = parser === "msgpack" ? { ...options, parser: msgpack } : options;
    add(id, new Manager(url, { autoConnect: false, ...chosen }), namespace, auth);
  },
  // A client for another namespace, on the connection of `other`.
  join(id, other, namespace, auth) {
    add(id, sockets.get(other).io, namespace, auth);
  },
  emit(id, event, args) {
    sockets.get(id).emit(event, ...args);
  },
  ask(id, question, event, args) {
    sockets.get(id).emit(event, ...args, (...answer) => tell(id, "answer", question, answer));
  },
  acknowledge(id, number, args) {
    acknowledgements.get(number)(...args);
  },
  disconnect(id) {
    sockets.get(id).disconnect();
  },
  reconnect(id, auth) {
    const socket = sockets.get(id);
    socket.auth = auth;
    socket.connect();
  },
  // Below Socket.IO: the whole connection, with all its namespaces.
  close(id) {
    sockets.get(id).io.engine.close();
  },
  raw(id, packet) {
    sockets.get(id).io.engine.write(packet);
  },
  // The answer comes once the connection has reached this transport.
  transport(id, question, name) {
    const { engine } = sockets.get(id).io;
    const answer = () => tell(id, "answer", question, [name]);
    if (engine.transport.name === name) answer();
    else engine.once("upgrade", answer);
  },
  // The answer comes when the server has sent so many heartbeats.
  heartbeats(id, question, count) {
    const { engine } = sockets.get(id).io;
    const beat = () => {
      count -= 1;
      if (count === 0) {
        engine.off("ping", beat);
        tell(id, "answer", question, []);
      }
    };
    engine.on("ping", beat);
  },
  // The answer is why the connection was closed, once it is.
  closed(id, question) {
    const { engine } = sockets.get(id).io;
    if (engine.readyState === "closed") tell(id, "answer", question, ["before"]);
    else engine.once("close", (reason) => tell(id, "answer", question, [reason]));
  },
  // The answer is what the WebSocket has agreed on besides the protocol, and the bytes that it has read and written.
  traffic(id, question) {
    const { ws } = sockets.get(id).io.engine.transport;
    tell(id, "answer", question, [ws.extensions, ws._socket.bytesRead, ws._socket.bytesWritten]);
  },
  // Leaves without a word from here on.
  forget(id) {
    sockets.get(id).off().offAny().disconnect();
    sockets.delete(id);
  },
};

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const [id, command, ...args] = JSON.parse(line, read);
  commands[command](id, ...args);
});
lines.on("close", () => process.exit());
