import { createHash, timingSafeEqual } from 'node:crypto';

/** The secrets by which the router is known. */
export interface RouterSecrets {
  /** Whether one is needed at all. */
  isNeeded(): boolean;
  /** Whether the header holds one of them; how long that takes tells nothing of any. */
  accepts(header: string | undefined): boolean;
  /** With none nobody needs one. */
  replace(secrets: readonly string[]): void;
  /** Accepts only these of the present ones. With none left nobody is let in. */
  keepOnly(secrets: readonly string[]): void;
}

/** Digests are of one length, as the comparison needs. */
export function createRouterSecrets(
  secrets: readonly string[],
  isEqual: (a: Buffer, b: Buffer) => boolean = timingSafeEqual,
): RouterSecrets {
  let digests = secrets.map(toDigest);
  let isNeeded = digests.length > 0;
  return {
    isNeeded: () => isNeeded,
    accepts(header) {
      const given = toDigest(header ?? '');
      // Each is compared, also after one that is equal.
      return digests.map((digest) => isEqual(given, digest)).includes(true);
    },
    replace(next) {
      digests = next.map(toDigest);
      isNeeded = digests.length > 0;
    },
    keepOnly(left) {
      const kept = left.map(toDigest);
      digests = digests.filter((digest) => kept.some((one) => one.equals(digest)));
    },
  };
}

function toDigest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
