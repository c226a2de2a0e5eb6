/** Mulberry32, within 0 and 1: the same numbers for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of them. Throws when there are none. */
export function pick<T>(among: readonly T[], random: () => number): T {
  const picked = among[Math.floor(random() * among.length)];
  if (picked === undefined) throw new Error('There is nothing to pick from');
  return picked;
}
