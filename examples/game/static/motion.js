// How a bird moves: the same as motion.py, which explains it, in the same whole numbers. A test holds the two together.

export function step(body, command, rules) {
  if (body.daze > rules.SAFE_TICKS) command = 0;
  const goes = command & rules.GO;
  if (goes) body.face = command % rules.HEADINGS;
  if (command & rules.DASH && !body.dash) body.dash = rules.DASH_TICKS + rules.DASH_PAUSE;
  if (body.dash > rules.DASH_PAUSE) [body.vx, body.vy] = rules.SPRINT[body.face];
  else {
    const [vx, vy] = goes ? rules.WALK[body.face] : [0, 0];
    body.vx += between(-rules.PUSH, vx - body.vx, rules.PUSH);
    body.vy += between(-rules.PUSH, vy - body.vy, rules.PUSH);
  }
  body.dash = Math.max(0, body.dash - 1);
  body.daze = Math.max(0, body.daze - 1);
  body.x += body.vx;
  body.y += body.vy;
  for (const [x, y, radius] of rules.TREES) pushOut(body, x, y, rules.RADIUS + radius);
  body.x = between(rules.RADIUS, body.x, rules.WIDTH - rules.RADIUS);
  body.y = between(rules.RADIUS, body.y, rules.HEIGHT - rules.RADIUS);
}

function pushOut(body, x, y, reach) {
  const dx = body.x - x;
  const dy = body.y - y;
  const distance = Math.sqrt(dx * dx + dy * dy);
  if (distance === 0 || distance >= reach) return;
  body.x = x + Math.floor((dx * reach) / distance + 0.5);
  body.y = y + Math.floor((dy * reach) / distance + 0.5);
}

export function between(least, value, most) {
  return Math.max(least, Math.min(value, most));
}
