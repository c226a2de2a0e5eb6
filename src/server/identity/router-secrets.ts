import { createHash, timingSafeEqual } from 'node:crypto';

/** The secrets by which the router is known. */
export interface RouterSecrets {
  /** Whether one is needed at all. */
  isNeeded(): boolean;
  /** Whether the header holds one of them; how long that takes tells nothing of any. */
  accepts(header: string | undefined): boolean;
  replace(secrets: readonly string[]): void;
}

/** Digests are of one length, as the comparison needs. */
export function createRouterSecrets(
  secrets: readonly string[],
  isEqual: (a: Buffer, b: Buffer) => boolean = timingSafeEqual,
): RouterSecrets {
  let digests = secrets.map(toDigest);
  return {
    isNeeded: () => digests.length > 0,
    accepts(header) {
      const given = toDigest(header ?? '');
      // Each is compared, also after one that is equal.
      return digests.map((digest) => isEqual(given, digest)).includes(true);
    },
    replace(next) {
      digests = next.map(toDigest);
    },
  };
}

function toDigest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
