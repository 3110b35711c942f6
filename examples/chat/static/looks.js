// How things that people write, and they themselves, look. Text always goes in as text, so none can become markup.

import { element } from "../shared/dom.js";

// A message's text as nodes: addresses become links, all else stays text.
export function linked(text) {
  const nodes = [];
  let rest = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"]+/gi)) {
    const address = match[0].replace(/[.,;:!?'*_)\]}]+$/, ""); // the end of the sentence is not part of it
    if (!URL.canParse(address)) continue;
    nodes.push(text.slice(rest, match.index));
    nodes.push(element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address));
    rest = match.index + address.length;
  }
  nodes.push(text.slice(rest));
  return nodes;
}

// A round picture of a person: the first letter on a colour that belongs to the name.
export function avatar(name) {
  let hue = 0;
  for (const character of name) hue = (hue * 31 + character.codePointAt(0)) % 360;
  const made = element("span", { className: "avatar", ariaHidden: "true" }, [...name][0].toUpperCase());
  made.style.setProperty("--hue", hue);
  return made;
}

const time = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });
const dayOfYear = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long", year: "numeric" });

export const timeOf = (at) => time.format(at);

export function dayOf(at) {
  const date = new Date(at);
  const today = new Date();
  if (date.toDateString() === today.toDateString()) return "Today";
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (date.toDateString() === yesterday.toDateString()) return "Yesterday";
  return (date.getFullYear() === today.getFullYear() ? day : dayOfYear).format(date);
}
