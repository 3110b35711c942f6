// How things that people write, and they themselves, look. Text always goes in as text, so none can become markup.

import { element } from "../shared/dom.js";

// What stands in a message: its text, or the file that was shared, as a picture or as something to save. One that is
// still on its way has no place in the history yet, and a picture has a preview instead of its address.
export function contentOf({ id, at, text, size, type, preview }) {
  if (size == null) return element("p", { className: "text" }, ...linked(text));
  const link = element("a", { title: text });
  if (at || preview) link.href = preview ?? `files/${id}`;
  if (type?.startsWith("image/")) {
    const picture = element("img", { src: link.href, alt: text });
    // The server makes room for newer files after a while. And of what is not sent yet we know only what its name says.
    picture.addEventListener("error", () => describe(link, text, at ? "is not kept any more" : sizeOf(size)));
    link.className = "picture";
    link.target = "_blank";
    link.append(picture);
  } else {
    link.download = text;
    describe(link, text, sizeOf(size));
  }
  return link;
}

function describe(link, name, about) {
  link.className = "file";
  link.replaceChildren(element("span", { className: "file-icon", ariaHidden: "true" }),
    element("span", { className: "file-text" }, element("b", {}, name), " ", element("small", {}, about)));
}

export function sizeOf(bytes) {
  const [unit, name] = bytes < 1000 ? [1, "bytes"] : bytes < 1e6 ? [1e3, "KB"] : [1e6, "MB"];
  return `${(bytes / unit).toLocaleString("en", { maximumSignificantDigits: 2 })} ${name}`;
}

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

// A text as nodes: words that begin with one of those that were looked for are marked.
export function marked(text, looked) {
  const beginnings = (looked.match(/[\p{L}\p{N}_]+/gu) ?? []).map(plain);
  return text.split(/([\p{L}\p{N}_]+)/u).map((part) =>
    beginnings.some((beginning) => plain(part).startsWith(beginning)) ? element("mark", {}, part) : part);
}

// Without capitals and accents, as the server looks at words, too.
const plain = (word) => word.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// A letter may be of several characters: with an accent, or an emoji that is joined of others.
const letters = new Intl.Segmenter();
const first = (name) => letters.segment(name)[Symbol.iterator]().next().value.segment;

// A round picture of a person: the first letter on a colour that belongs to the name.
export function avatar(name) {
  let hue = 0;
  for (const character of name) hue = (hue * 31 + character.codePointAt(0)) % 360;
  const made = element("span", { className: "avatar", ariaHidden: "true" }, first(name).toUpperCase());
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
