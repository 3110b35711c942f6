// Small help for making elements. Text always goes in as text, so no message can become markup.

export const byId = (id) => document.getElementById(id);

// element("p", { className: "x" }, "text", anotherElement)
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
