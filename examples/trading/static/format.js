// Numbers as people read them. The server counts money in cents.

const dollars = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const price = (cents) => dollars.format(cents / 100);
export const count = (number) => whole.format(number);
export const money = (cents) => (cents < 0 ? "−$" : "$") + price(Math.abs(cents));
export const gain = (cents) => (cents > 0 ? "+" : "") + money(cents);

export function percent(now, before) {
  const change = (now / before - 1) * 100;
  return `${change < 0 ? "−" : "+"}${dollars.format(Math.abs(change))} %`;
}

// Whether trade from one hour to another rests at this one (all UTC), in words.
export function closedAt(hour, opens, closes) {
  return opens <= hour && hour < closes ? "" : `Closed. Trades from ${opens}:00 UTC.`;
}

// "182.5" -> 18250; null for what is no amount of money.
export function cents(written) {
  const match = /^\s*\$?(\d{1,7})(?:[.,](\d{0,2}))?\s*$/.exec(written);
  return match && Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
}

// How it is coloured: "up", "down" or "".
export const way = (difference) => (difference > 0 ? "up" : difference < 0 ? "down" : "");

// Many changes in one frame are drawn once.
export function drawer(draw) {
  let frame = 0;
  return () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
}
