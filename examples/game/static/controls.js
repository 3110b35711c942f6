// What the player wants: keys, a finger that is drawn over the field, or the mouse.

const KEYS = {
  ArrowRight: [1, 0], KeyD: [1, 0], ArrowLeft: [-1, 0], KeyA: [-1, 0],
  ArrowDown: [0, 1], KeyS: [0, 1], ArrowUp: [0, -1], KeyW: [0, -1],
};
const DEAD = 12; // pixels that a finger may move and mean nothing

export class Controls {
  stick = null; // where the finger went down and where it is: { fromX, fromY, x, y }
  #held = new Set();
  #dashes = false; // since the last command
  #isDashHeld = false;
  #centre; // where our bird is on the screen

  constructor(field, dashButton, centre) {
    this.#centre = centre;
    addEventListener("keydown", (event) => this.#press(event));
    addEventListener("keyup", ({ code }) => this.#release(code));
    addEventListener("blur", () => this.#letGo());
    field.addEventListener("pointerdown", (event) => this.#touch(event, field));
    field.addEventListener("pointermove", (event) => this.#draw(event));
    for (const end of ["pointerup", "pointercancel"]) field.addEventListener(end, (event) => this.#lift(event));
    // Not "pointerdown", which comes for the first of several buttons only.
    field.addEventListener("mousedown", ({ button }) => (this.#dashes ||= button === 2));
    field.addEventListener("contextmenu", (event) => event.preventDefault());
    dashButton.addEventListener("pointerdown", () => (this.#dashes = true));
    dashButton.addEventListener("click", ({ detail }) => (this.#dashes ||= detail === 0)); // by keyboard
  }

  // The command for this tick; see motion.py.
  command({ HEADINGS, GO, DASH }) {
    const [x, y] = this.#direction();
    const heading = (Math.round((Math.atan2(y, x) / (2 * Math.PI)) * HEADINGS) + HEADINGS) % HEADINGS;
    const command = (x || y ? GO + heading : 0) + (this.#dashes || this.#isDashHeld ? DASH : 0);
    this.#dashes = false;
    return command;
  }

  #direction() {
    if (this.stick) {
      const { fromX, fromY, x, y, isMouse } = this.stick;
      const centre = isMouse ? this.#centre() : { x: fromX, y: fromY };
      const away = [x - (centre?.x ?? x), y - (centre?.y ?? y)];
      return Math.hypot(...away) < DEAD ? [0, 0] : away;
    }
    const held = [...this.#held].map((code) => KEYS[code]);
    return [held.reduce((sum, [x]) => sum + x, 0), held.reduce((sum, [, y]) => sum + y, 0)];
  }

  #press(event) {
    const { code, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest?.("dialog, input")) return;
    if (code in KEYS) this.#held.add(code);
    else if (code === "Space" && !target.closest?.("button")) this.#isDashHeld = this.#dashes = true;
    else return;
    event.preventDefault(); // else the page would scroll
  }

  #release(code) {
    this.#held.delete(code);
    if (code === "Space") this.#isDashHeld = false;
  }

  #letGo() {
    this.#held.clear();
    this.#isDashHeld = false;
    this.stick = null;
  }

  #touch(event, field) {
    if (this.stick || event.button === 2) return;
    field.setPointerCapture(event.pointerId);
    const [x, y] = [event.offsetX, event.offsetY];
    this.stick = { id: event.pointerId, isMouse: event.pointerType === "mouse", fromX: x, fromY: y, x, y };
  }

  #lift({ pointerId }) {
    if (this.stick?.id === pointerId) this.stick = null;
  }

  #draw({ pointerId, offsetX, offsetY }) {
    if (this.stick?.id === pointerId) Object.assign(this.stick, { x: offsetX, y: offsetY });
  }
}
