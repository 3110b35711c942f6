// One connection to the server that never gives up, and always says how it is doing.
//
// The Socket.IO client could reconnect by itself. Here it does not, so that the page can count the seconds down, offer
// to try at once, and do so when the browser is back on the network or the tab is looked at again.
//
// It also begins with WebSocket and turns to long polling only where that fails. The usual way, the other way round,
// works everywhere too, but a browser complains in its console when we are refused while the change is under way.

const LONGEST_WAIT = 16; // seconds

const CAUSES = {
  "transport close": "The connection broke. The server may be restarting.",
  "io server disconnect": "The server closed the connection. It may be restarting.",
  "ping timeout": "The server is silent.",
};

// `introduce()` gives what the server's connect handler gets. `onStatus({ state, text, seconds })` hears of every
// change; the states are "connecting", "connected", "waiting" (for another try in so many seconds; 0: it runs) and
// "refused". `options` are more of the client's own.
export function createConnection(introduce, onStatus, options = {}) {
  const socket = io({
    path: new URL("socket.io/", document.baseURI).pathname, // beside the page, wherever that is mounted
    auth: (give) => give(introduce()),
    autoConnect: false,
    reconnection: false,
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    ...options,
  });
  let failures = 0; // since the last connection
  let cause = ""; // of the last failure
  let timer = null; // runs while we wait for another try

  function connect() {
    clearTimeout(timer);
    timer = null;
    onStatus(failures ? { state: "waiting", text: cause, seconds: 0 } : { state: "connecting", text: "Connecting …" });
    socket.connect();
  }

  function connectLater(why) {
    const wait = Math.min(2 ** failures, LONGEST_WAIT);
    failures += 1;
    cause = navigator.onLine ? why : "You are offline.";
    clearTimeout(timer);
    countDown(wait);
  }

  function countDown(seconds) {
    if (seconds === 0) return connect();
    onStatus({ state: "waiting", text: cause, seconds });
    // A second, more or less: not all browsers shall come back to a restarted server in the same instant.
    timer = setTimeout(countDown, 800 + 400 * Math.random(), seconds - 1);
  }

  function connectIfWaiting() {
    if (timer !== null) connect();
  }

  socket.on("connect", () => {
    failures = 0;
    onStatus({ state: "connected", text: "Connected" });
  });
  socket.on("disconnect", (reason) => {
    if (reason !== "io client disconnect") connectLater(CAUSES[reason] ?? "The connection was lost.");
  });
  socket.on("connect_error", (error) => {
    if (error.data) onStatus({ state: "refused", text: error.message, code: error.data.code });
    else connectLater("The server does not answer. It may be restarting.");
  });

  addEventListener("online", () => {
    failures = Math.min(failures, 1); // an attempt from before may be under way, and fail yet
    connectIfWaiting();
  });
  document.addEventListener("visibilitychange", () => document.hidden || connectIfWaiting());
  // Without a network an open WebSocket stays open until a ping is missed: we need not wait for that.
  addEventListener("offline", () => {
    if (!socket.active) return;
    disconnect();
    connectLater("You are offline.");
  });

  function disconnect() {
    clearTimeout(timer);
    timer = null;
    socket.disconnect();
  }

  return { socket, connect, disconnect };
}

// Whether what is sent now has a chance. Between the server's farewell and the moment in which the client hears that the
// connection is closed, a page that sends all the time would fill the console with complaints.
export function canSend(socket) {
  const webSocket = socket.io.engine?.transport?.ws; // none while it polls
  return socket.connected && (webSocket?.readyState ?? WebSocket.OPEN) === WebSocket.OPEN;
}

// The server's no: its message is in words for the user, code and data are for us.
export class Refusal extends Error {
  constructor({ code, message, data }) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

// Send an event and wait for its answer. Throws a Refusal if that is a no, another error if there is none in time.
export async function ask(socket, event, ...args) {
  const answer = await socket.timeout(10_000).emitWithAck(event, ...args);
  if (answer?.error) throw new Refusal(answer.error);
  return answer;
}
