// The picture: the field, and on it what the match's state says. It knows nothing of the server.

const SMALLEST = 0.19; // pixels a unit; where the field would be smaller, the picture follows our bird instead
const MARGIN = 14; // pixels around the field
const NAMED_FOR = 900; // ms that a "+1" rises
const TUFTS = 70; // of grass

const COLOURS = [
  "floor", "stripe", "blade", "fence", "tree", "tree-top", "shade", "gem", "precious", "ink", "soft", "halo", "wing",
];

export const hueOf = (seat) => (205 + seat * 137.5) % 360;

export class Picture {
  #canvas;
  #pen;
  #paint = {}; // colours by the name that the style sheet gives them
  #scale = 1;
  #left = 0;
  #top = 0;
  #sparks = []; // what is seen for a moment: { x, y, vx, vy, born, life, text, paint }
  #labels = []; // where names stand in this picture: { x, y, half }, with half of their width
  #ours = null; // where our bird is on the canvas
  #isCalm = matchMedia("(prefers-reduced-motion: reduce)");

  constructor(canvas) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext("2d");
    const readColours = () => {
      const style = getComputedStyle(canvas);
      for (const name of COLOURS) {
        this.#paint[name] = style.getPropertyValue(`--${name}`).trim();
      }
    };
    readColours();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", readColours);
    new ResizeObserver(() => this.#fit()).observe(canvas);
  }

  // Where our bird is, in pixels of the page from the corner of the canvas; null if it is not on it.
  get ours() {
    return this.#ours;
  }

  // Something happened there that is worth a look.
  burst(x, y, paint, count, text = "") {
    const born = performance.now();
    if (text) this.#sparks.push({ x, y: y - 120, vx: 0, vy: -0.16, born, life: NAMED_FOR, text, paint });
    for (let number = 0; number < count && !this.#isCalm.matches; number++) {
      const angle = Math.random() * 2 * Math.PI;
      const speed = 0.15 + Math.random() * 0.45;
      const life = 250 + Math.random() * 350;
      this.#sparks.push({ x, y, vx: Math.cos(angle) * speed, vy: Math.sin(angle) * speed, born, life, paint });
    }
  }

  draw({ birds, gems, rules, seat, card }, now) {
    const pen = this.#pen;
    this.#aim(rules, birds.get(seat) ?? null);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    const ratio = devicePixelRatio;
    pen.setTransform(this.#scale * ratio, 0, 0, this.#scale * ratio, this.#left * ratio, this.#top * ratio);
    this.#field(rules);
    for (const [id, gem] of gems) this.#gem(gem, id, now, birds.get(seat), rules);
    const named = new Map(card.players.map((player) => [player.seat, player]));
    const last = [...birds].sort(([one], [other]) => (one === seat) - (other === seat)); // ours above all others
    for (const [id, bird] of last) this.#bird(bird, named.get(id), id, id === seat, now, rules);
    for (const [x, y, radius] of rules.TREES) this.#tree(x, y, radius);
    this.#labels = [];
    for (const [id, bird] of last.toReversed()) this.#label(bird, birds, named.get(id), id === seat, rules);
    this.#sparkle(now);
  }

  // Where a finger steers: a ring where it went down, and a knob where it is.
  drawStick({ fromX, fromY, x, y }) {
    const pen = this.#pen;
    pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    const away = Math.min(1, 44 / (Math.hypot(x - fromX, y - fromY) || 1));
    pen.globalAlpha = 0.35;
    pen.strokeStyle = pen.fillStyle = this.#paint.ink;
    pen.lineWidth = 2;
    circle(pen, fromX, fromY, 44);
    pen.stroke();
    circle(pen, fromX + (x - fromX) * away, fromY + (y - fromY) * away, 20);
    pen.fill();
    pen.globalAlpha = 1;
  }

  #fit() {
    const { clientWidth, clientHeight } = this.#canvas;
    this.#canvas.width = Math.round(clientWidth * devicePixelRatio);
    this.#canvas.height = Math.round(clientHeight * devicePixelRatio);
  }

  // The whole field if it fits, else as much of it as does, around our bird.
  #aim({ WIDTH: width, HEIGHT: height }, ours) {
    const { clientWidth, clientHeight } = this.#canvas;
    const whole = Math.min((clientWidth - 2 * MARGIN) / width, (clientHeight - 2 * MARGIN) / height);
    this.#scale = ours ? Math.max(whole, SMALLEST) : whole;
    const along = (size, length, at) => {
      if (length * this.#scale + 2 * MARGIN <= size || at === undefined) return (size - length * this.#scale) / 2;
      return Math.min(MARGIN, Math.max(size - MARGIN - length * this.#scale, size / 2 - at * this.#scale));
    };
    this.#left = along(clientWidth, width, ours?.x);
    this.#top = along(clientHeight, height, ours?.y);
    if (clientHeight > clientWidth) this.#top = Math.min(this.#top, MARGIN); // a phone: the space below is for thumbs
    this.#ours = ours && { x: this.#left + ours.x * this.#scale, y: this.#top + ours.y * this.#scale };
  }

  #field({ WIDTH: width, HEIGHT: height }) {
    const pen = this.#pen;
    const lawn = new Path2D();
    lawn.roundRect(-8, -8, width + 16, height + 16, 70);
    pen.save();
    pen.clip(lawn);
    pen.fillStyle = this.#paint.floor;
    pen.fillRect(-8, -8, width + 16, height + 16);
    pen.fillStyle = this.#paint.stripe; // as a lawn is mown
    for (let x = 0; x < width; x += 600) pen.fillRect(x, 0, 300, height);
    this.#grass(width, height);
    pen.restore();
    pen.strokeStyle = this.#paint.fence;
    pen.lineWidth = 16;
    pen.stroke(lawn);
  }

  // Tufts in places that look like chance, and are the same in every picture.
  #grass(width, height) {
    const pen = this.#pen;
    pen.strokeStyle = this.#paint.blade;
    pen.lineWidth = 10;
    pen.lineCap = "round";
    pen.beginPath();
    for (let tuft = 1; tuft <= TUFTS; tuft++) {
      const x = ((tuft * 0.7548777) % 1) * width;
      const y = ((tuft * 0.5698403) % 1) * height;
      for (const lean of [-24, 0, 24]) {
        pen.moveTo(x + lean / 3, y);
        pen.lineTo(x + lean, y - 42 + Math.abs(lean) / 2);
      }
    }
    pen.stroke();
  }

  #shade(x, y, width, height) {
    this.#pen.fillStyle = this.#paint.shade;
    this.#pen.beginPath();
    this.#pen.ellipse(x, y, width, height, 0, 0, 2 * Math.PI);
    this.#pen.fill();
  }

  #tree(x, y, radius) {
    const pen = this.#pen;
    this.#shade(x + 20, y + 40, radius * 1.04, radius);
    pen.fillStyle = this.#paint.tree;
    for (let leaf = 0; leaf < 11; leaf++) {
      const angle = (leaf * 2 * Math.PI) / 11;
      circle(pen, x + Math.cos(angle) * radius * 0.74, y + Math.sin(angle) * radius * 0.74, radius * 0.3);
      pen.fill();
    }
    circle(pen, x, y, radius * 0.8);
    pen.fill();
    pen.fillStyle = this.#paint["tree-top"];
    for (const [dx, dy, share] of [[-0.22, -0.26, 0.46], [0.42, 0.02, 0.3], [-0.18, 0.46, 0.26]]) {
      circle(pen, x + dx * radius, y + dy * radius, share * radius);
      pen.fill();
    }
  }

  #gem({ x, y, worth }, id, now, ours, { RADIUS: radius }) {
    if (ours && Math.abs(ours.x - x) + Math.abs(ours.y - y) < 2 * radius) return; // ours in a moment
    const pen = this.#pen;
    const size = (worth > 1 ? 72 : 46) * (this.#isCalm.matches ? 1 : 1 + 0.08 * Math.sin(now / 250 + id));
    this.#shade(x, y + size, size * 0.6, size * 0.2);
    pen.fillStyle = worth > 1 ? this.#paint.precious : this.#paint.gem;
    pen.beginPath();
    for (const [dx, dy] of [[0, -1], [0.8, 0], [0, 1], [-0.8, 0]]) pen.lineTo(x + dx * size, y + dy * size);
    pen.closePath();
    pen.fill();
    pen.fillStyle = "rgb(255 255 255 / 45%)";
    pen.beginPath();
    for (const [dx, dy] of [[0, -1], [0.8, 0], [0, -0.1], [-0.8, 0]]) pen.lineTo(x + dx * size, y + dy * size);
    pen.closePath();
    pen.fill();
  }

  #bird(bird, player, seat, isOurs, now, { RADIUS: radius, HEADINGS, DASH_PAUSE, SAFE_TICKS }) {
    const pen = this.#pen;
    const isAway = player?.away;
    const isDazed = bird.daze > SAFE_TICKS;
    const hue = hueOf(seat);
    const colour = isAway ? this.#paint.soft : `oklch(66% .15 ${hue})`;
    if (bird.dash > DASH_PAUSE && !this.#isCalm.matches) {
      for (const back of [3, 2, 1]) {
        pen.globalAlpha = 0.22 - 0.05 * back;
        pen.fillStyle = colour;
        circle(pen, bird.x - bird.vx * back, bird.y - bird.vy * back, radius * (1 - back * 0.12));
        pen.fill();
      }
    }
    pen.globalAlpha = isAway || (bird.daze && !isDazed && Math.floor(now / 120) % 2) ? 0.55 : 1;
    if (isOurs) {
      pen.strokeStyle = this.#paint.ink;
      pen.lineWidth = 12;
      circle(pen, bird.x, bird.y, radius + 26);
      pen.stroke();
    }
    this.#shade(bird.x + 8, bird.y + 26, radius * 1.05, radius);
    pen.save();
    pen.translate(bird.x, bird.y);
    pen.scale(radius / 90, radius / 90);
    const angle = (bird.face * 2 * Math.PI) / HEADINGS;
    const looksLeft = Math.cos(angle) < -0.001;
    pen.rotate(isDazed && !this.#isCalm.matches ? now / 80 : angle);
    if (looksLeft) pen.scale(1, -1); // never upside down
    this.#body(colour, `oklch(${this.#paint.wing} .06 ${hue})`, isDazed || isAway);
    pen.restore();
    pen.globalAlpha = 1;
  }

  // A magpie that looks to the right.
  #body(colour, dark, eyesShut) {
    const pen = this.#pen;
    pen.fillStyle = dark; // the tail
    pen.beginPath();
    pen.moveTo(-60, -26);
    pen.lineTo(-138, 0);
    pen.lineTo(-60, 26);
    pen.fill();
    pen.fillStyle = "#f2a33a"; // the beak
    pen.beginPath();
    pen.moveTo(74, -26);
    pen.lineTo(132, 2);
    pen.lineTo(74, 28);
    pen.fill();
    pen.fillStyle = colour;
    circle(pen, 0, 0, 90);
    pen.fill();
    pen.fillStyle = dark; // the wing
    pen.beginPath();
    pen.ellipse(-26, 30, 52, 30, 0.25, 0, 2 * Math.PI);
    pen.fill();
    pen.fillStyle = "#ffffff";
    circle(pen, 36, -26, 29);
    pen.fill();
    pen.fillStyle = pen.strokeStyle = "#10161c";
    if (eyesShut) {
      pen.lineWidth = 9;
      pen.beginPath();
      pen.moveTo(18, -26);
      pen.lineTo(54, -26);
      pen.stroke();
    } else {
      circle(pen, 46, -26, 14);
      pen.fill();
    }
  }

  #label(bird, birds, player, isOurs, { WIDTH: width, HEIGHT: height, RADIUS: radius }) {
    if (!player) return;
    const pen = this.#pen;
    const size = Math.max(11 / this.#scale, 62);
    pen.font = `${isOurs ? 700 : 500} ${size}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.lineWidth = size / 4;
    pen.lineJoin = "round";
    pen.strokeStyle = this.#paint.halo;
    pen.fillStyle = isOurs ? this.#paint.ink : this.#paint.soft;
    const text = player.away ? `${player.name} is away` : player.name;
    const half = pen.measureText(text).width / 2;
    const x = Math.min(width - half, Math.max(half, bird.x));
    // Below the bird, or above it, where that is on the field and neither a name nor another bird is there.
    const isFree = (y) => y > size && y + 5 < height
      && this.#labels.every((other) => Math.abs(other.x - x) > other.half + half || Math.abs(other.y - y) > size)
      && [...birds.values()].every((other) => other === bird
        || Math.abs(other.x - x) > radius + half || Math.abs(other.y - y + size / 3) > radius + size / 2);
    const [below, above] = [bird.y + 125 + size, bird.y - 140];
    const y = [below, above].find(isFree) ?? (below + 5 < height ? below : above);
    this.#labels.push({ x, y, half });
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
  }

  #sparkle(now) {
    const pen = this.#pen;
    this.#sparks = this.#sparks.filter(({ born, life }) => now - born < life);
    for (const { x, y, vx, vy, born, life, text, paint } of this.#sparks) {
      const age = now - born;
      pen.globalAlpha = Math.max(0, 1 - age / life);
      pen.fillStyle = this.#paint[paint] ?? paint;
      if (text) {
        pen.font = `800 ${Math.max(15 / this.#scale, 90)}px system-ui, sans-serif`;
        pen.textAlign = "center";
        pen.fillText(text, x + vx * age, y + vy * age);
      } else {
        circle(pen, x + vx * age, y + vy * age, 16);
        pen.fill();
      }
    }
    pen.globalAlpha = 1;
  }
}

function circle(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
}
