import { createHash } from 'node:crypto';

/** Half of a SHA-256: collisions are out of reach, and it stays short enough to paste. */
const DIGEST_BYTES = 16;

/** A hash of the given values, in their order. Two badges with equal values have equal versions. */
export function toVersion(values: readonly unknown[]): string {
  const digest = createHash('sha256').update(JSON.stringify(values)).digest();
  return digest.subarray(0, DIGEST_BYTES).toString('base64url');
}
