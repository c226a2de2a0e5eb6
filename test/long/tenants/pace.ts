/** Limits starts to a rate per second, and never allows two at once. */
export function createPace(perSecond: number): () => boolean {
  let left = 0;
  let at = performance.now();
  return () => {
    const now = performance.now();
    left = Math.min(1, left + ((now - at) / 1_000) * perSecond);
    at = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
