// What the line costs: how long an answer takes, and how many bytes pass in a second.

const WINDOW = 3; // seconds that the bytes are counted over, and answers that the latency is the middle of

export class Meter {
  #bytes = { down: 0, up: 0 }; // in this second
  #seconds = [];
  #delays = [];

  constructor(socket, onReading) {
    const size = ({ data }) => 1 + (data?.length ?? data?.byteLength ?? 0);
    socket.io.on("open", () => {
      socket.io.engine.on("packet", (packet) => (this.#bytes.down += size(packet)));
      socket.io.engine.on("packetCreate", (packet) => (this.#bytes.up += size(packet)));
    });
    socket.on("connect", () => (this.#seconds.length = this.#delays.length = 0));
    setInterval(() => onReading(this.#read()), 1000);
  }

  // An answer took so long (ms).
  answered(delay) {
    this.#delays.push(delay);
    if (this.#delays.length > WINDOW) this.#delays.shift();
  }

  #read() {
    this.#seconds.push(this.#bytes);
    this.#bytes = { down: 0, up: 0 };
    if (this.#seconds.length > WINDOW) this.#seconds.shift();
    const mean = (way) => this.#seconds.reduce((sum, second) => sum + second[way], 0) / this.#seconds.length;
    const latency = this.#delays.toSorted((one, other) => one - other)[Math.floor(this.#delays.length / 2)];
    return { latency, down: mean("down"), up: mean("up") };
  }
}
