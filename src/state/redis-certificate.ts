import { createRedisClient } from './redis-client.ts';
import { reasonOf, toThrown } from './thrown.ts';

const NOT_TRUSTED =
  /^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)|_CERT/;
const ADVICE = 'name the certificate of its authority in NODE_EXTRA_CA_CERTS';

/** What is wrong with the certificate of Redis, which no time mends. Undefined: the connection failed otherwise, or not at all. */
export function certificateFault(cause: unknown): string | undefined {
  const { code } = toThrown(cause);
  return typeof code === 'string' && NOT_TRUSTED.test(code)
    ? `The certificate of Redis is not trusted (${reasonOf(cause)}): ${ADVICE}, or correct it`
    : undefined;
}

/** For a line of the log. */
export function describeFailure(cause: unknown): string {
  return certificateFault(cause) ?? reasonOf(cause);
}

/** Connects once to see the certificate. `isReached`: there was somebody to show one. */
export async function checkCertificate(
  url: string,
): Promise<{ isReached: boolean; fault: string | undefined }> {
  let failure: unknown;
  const client = await createRedisClient({ url, onChange: (_state, cause) => (failure ??= cause) });
  const isReached = client.isReady;
  client.destroy();
  return { isReached, fault: certificateFault(failure) };
}
