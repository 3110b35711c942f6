// What the browser keeps for us, in `localStorage` for all tabs or in `sessionStorage` for this one. Where it refuses
// (it may be told to, or be full), a thing is kept as long as the page is open.

const here = new Map();

export function keep(key, value, area = "localStorage") {
  here.set(key, value);
  attempt(() => window[area].setItem(key, value));
}

// What is kept under the key, or null.
export function recall(key, area = "localStorage") {
  return attempt(() => window[area].getItem(key)) ?? here.get(key) ?? null;
}

export function forget(key) {
  here.delete(key);
  attempt(() => localStorage.removeItem(key));
}

// All keys in `localStorage` that begin so.
export function keysFrom(prefix) {
  return (attempt(() => Object.keys(localStorage)) ?? []).filter((key) => key.startsWith(prefix));
}

function attempt(action) {
  try {
    return action();
  } catch {
    return null;
  }
}
