// How a bird moves: the same as motion.py, which explains it, in the same whole numbers. A test holds the two together.

export function step(body, command, rules) {
  const goes = command & rules.go && !body.daze;
  const dashes = command & rules.dash && !body.daze;
  if (goes) body.face = command % rules.headings;
  if (dashes && !body.dash) body.dash = rules.dashTicks + rules.dashPause;
  if (body.dash > rules.dashPause) [body.vx, body.vy] = rules.sprint[body.face];
  else {
    const [vx, vy] = goes ? rules.walk[body.face] : [0, 0];
    body.vx += between(-rules.push, vx - body.vx, rules.push);
    body.vy += between(-rules.push, vy - body.vy, rules.push);
  }
  body.dash = Math.max(0, body.dash - 1);
  body.daze = Math.max(0, body.daze - 1);
  body.x += body.vx;
  body.y += body.vy;
  for (const [x, y, radius] of rules.trees) pushOut(body, x, y, rules.radius + radius);
  body.x = between(rules.radius, body.x, rules.width - rules.radius);
  body.y = between(rules.radius, body.y, rules.height - rules.radius);
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
