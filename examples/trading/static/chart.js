// Candles, drawn on a uPlot: it scales, draws the axes and follows the pointer; the candles themselves are ours.

import { byId } from "../shared/dom.js";
import { price } from "./format.js";

const CANDLE = 5; // seconds
const MOST = 150;
const WIDTH = 8; // pixels that a candle takes

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

export class Chart {
  #candles = []; // [time, open, high, low, close]
  #plot = null;
  #root = byId("chart");

  constructor() {
    this.#load();
  }

  show(candles) {
    this.#candles = candles;
    this.draw();
  }

  // Somebody has paid a price.
  add(at, price) {
    const begin = Math.floor(at / CANDLE) * CANDLE;
    const last = this.#candles.at(-1);
    if (!last || begin > last[0]) {
      this.#candles = [...this.#candles, [begin, price, price, price, price]].slice(-MOST);
    } else {
      last[2] = Math.max(last[2], price);
      last[3] = Math.min(last[3], price);
      last[4] = price;
    }
  }

  draw() {
    this.#plot?.setData([0, 1, 2, 3, 4].map((part) => this.#candles.map((candle) => candle[part])));
  }

  async #load() {
    try {
      const { default: UPlot } = await import("../uplot/uPlot.esm.js");
      this.#make(UPlot);
    } catch {
      this.#root.textContent = "The chart cannot be drawn: the package uplot is missing. tools/setup demo fetches it.";
    }
  }

  #make(UPlot) {
    const axis = {
      stroke: () => colour("--soft"),
      grid: { stroke: () => colour("--line"), width: 1 },
      ticks: { show: false },
      font: "12px system-ui, sans-serif",
    };
    const hidden = { paths: () => null, points: { show: false } };
    this.#plot = new UPlot({
      ...this.#size(),
      legend: { show: false },
      padding: [8, 0, 0, 0],
      cursor: { points: { show: false }, drag: { x: false, y: false } },
      scales: { x: { range: (_, __, end) => [end - this.#visible() * CANDLE, end + CANDLE] } },
      axes: [
        { ...axis, space: 70, size: 28, values: "{HH}:{mm}" },
        { ...axis, side: 1, size: 62, values: (_, ticks) => ticks.map(price) },
      ],
      series: [{}, hidden, hidden, hidden, hidden],
      hooks: { draw: [drawCandles], setCursor: [(plot) => this.#read(plot.cursor.idx)] },
    }, [[], [], [], [], []], this.#root);
    this.draw();
    new ResizeObserver(() => this.#plot.setSize(this.#size())).observe(this.#root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#plot.redraw());
  }

  #size() {
    return { width: Math.max(200, this.#root.clientWidth), height: Math.max(120, this.#root.clientHeight) };
  }

  #visible() {
    return Math.min(MOST, Math.floor((this.#root.clientWidth - 62) / WIDTH));
  }

  #read(index) {
    const candle = this.#candles[index];
    const words = ["Open", "High", "Low", "Close"];
    byId("readout").textContent = candle ? words.map((word, part) => `${word} ${price(candle[part + 1])}`).join("  ") : "";
  }
}

function drawCandles({ ctx, data, valToPos, scales, bbox }) {
  const [times, opens, highs, lows, closes] = data;
  const [up, down] = [colour("--up"), colour("--down")];
  const width = Math.max(1, Math.round((bbox.width / ((scales.x.max - scales.x.min) / CANDLE)) * 0.6));
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  times.forEach((time, index) => {
    if (time < scales.x.min) return;
    const x = Math.round(valToPos(time, "x", true));
    const [open, high, low, close] = [opens, highs, lows, closes].map((part) => valToPos(part[index], "y", true));
    ctx.fillStyle = closes[index] >= opens[index] ? up : down;
    ctx.fillRect(x - 0.5 * devicePixelRatio, high, devicePixelRatio, low - high);
    ctx.fillRect(x - Math.floor(width / 2), Math.min(open, close), width, Math.max(1, Math.abs(open - close)));
  });
  ctx.restore();
}
