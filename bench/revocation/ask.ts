import { Pool } from 'undici';
import { createClient } from '../../test/support/graphql-client.ts';
import { toSecret } from './world.ts';

export interface As {
  secret: string;
  tenant: string;
}

const PATIENCE_MS = 60_000;
const CONNECTIONS = 8;

export interface Asker {
  /** Resolves with the status; 0 if there was no answer. */
  ask(query: string, as: As): Promise<number>;
  /** Requests a health path over a connection of its own. Resolves with the status; 0 if there was no answer. */
  probe(path: string): Promise<number>;
  close(): Promise<void>;
}

/** A router, and the probe beside it. */
export function createAsker(url: string): Asker {
  const client = createClient(url, CONNECTIONS, { patienceMs: PATIENCE_MS });
  const times = { headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS };
  const probes = new Pool(new URL(url).origin, times);
  return {
    async ask(query, { secret, tenant }) {
      const headers = { 'router-authorization': toSecret(secret), 'x-badges-tenant': tenant };
      return (await client.ask({ query }, headers)).status;
    },
    async probe(path) {
      try {
        const { statusCode, body } = await probes.request({ path, method: 'GET' });
        await body.dump();
        return statusCode;
      } catch {
        return 0;
      }
    },
    close: async () => void (await Promise.all([client.close(), probes.destroy()])),
  };
}
