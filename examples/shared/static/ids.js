// 128 random bits. (crypto.randomUUID exists on https and localhost only; phones try things out on neither.)
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
