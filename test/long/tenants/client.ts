import { Pool } from 'undici';
import { ROUTER_SECRET } from '../../../bench/support/service.ts';
import type { TenantId } from './marks.ts';
import type { Planned } from './requests.ts';

export interface Heard {
  /** Of HTTP; 0 when there was no answer at all. */
  status: number;
  text: string;
}

/** The router, as it asks one service process for one tenant. */
export interface Client {
  ask(planned: Planned): Promise<Heard>;
  close(): Promise<void>;
}

/** Longer than any operation may take. */
const PATIENCE_MS = 20_000;

/** Never rejects: no answer is one too. */
export function createClient(url: string, tenant: TenantId, connections: number): Client {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, {
    connections,
    headersTimeout: PATIENCE_MS,
    bodyTimeout: PATIENCE_MS,
  });
  return {
    async ask({ actor, query, variables }) {
      try {
        const answer = await pool.request({
          path: pathname,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'router-authorization': ROUTER_SECRET,
            'x-badges-tenant': tenant,
            'x-badges-actor': actor,
          },
          body: JSON.stringify({ query, variables }),
        });
        return { status: answer.statusCode, text: await answer.body.text() };
      } catch (error) {
        return { status: 0, text: String(error) };
      }
    },
    close: () => pool.destroy(),
  };
}
