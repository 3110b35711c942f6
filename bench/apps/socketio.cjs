// The app on Node's socket.io; under Bun on its own engine. A CommonJS module, so that NODE_PATH finds the packages.
const { Server } = require("socket.io");

const port = Number(process.argv[process.argv.indexOf("--port") + 1]);
const io = new Server();

io.on("connection", (socket) => {
  socket.on("echo", (message) => socket.emit("echo", message));
  socket.on("echo_async", async (message) => socket.emit("echo_async", message));
  socket.on("join", async (room, done) => {
    await socket.join(room);
    done();
  });
  socket.on("say", (message) => io.to(message.room).emit("say", message));
});

if (process.versions.bun) {
  const { Server: Engine } = require("@socket.io/bun-engine");
  const engine = new Engine({ path: "/socket.io/" });
  io.bind(engine);
  Bun.serve({ ...engine.handler(), hostname: "127.0.0.1", port });
} else {
  io.listen(port, { host: "127.0.0.1" });
}
