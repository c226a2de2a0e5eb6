import { Pool } from 'undici';
import { toSecret } from './world.ts';

export interface As {
  secret: string;
  tenant: string;
}

const PATIENCE_MS = 60_000;

export interface Asker {
  /** The status; 0 if there was no answer. */
  ask(query: string, as: As): Promise<number>;
  /** Of a health path, over a connection of its own. */
  probe(path: string): Promise<number>;
  close(): Promise<void>;
}

/** Whoever asks a service as its router, and the probe beside it. */
export function createAsker(url: string): Asker {
  const { origin, pathname } = new URL(url);
  const times = { headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS };
  const [pool, probes] = [new Pool(origin, { connections: 8, ...times }), new Pool(origin, times)];

  async function statusOf(...request: Parameters<typeof pool.request>): Promise<number> {
    try {
      const { path } = request[0];
      const of = path === pathname ? pool : probes;
      const { statusCode, body } = await of.request(...request);
      await body.dump();
      return statusCode;
    } catch {
      return 0;
    }
  }
  return {
    ask: (query, { secret, tenant }) =>
      statusOf({
        path: pathname,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'router-authorization': toSecret(secret),
          'x-badges-tenant': tenant,
        },
        body: JSON.stringify({ query }),
      }),
    probe: (path) => statusOf({ path, method: 'GET' }),
    close: async () => void (await Promise.all([pool.destroy(), probes.destroy()])),
  };
}
