import { join } from 'node:path';
import { request } from 'undici';
import { z } from 'zod';
import type { Children } from './children.ts';

const MAIN = join(import.meta.dirname, '../../dist/sandbox/main.js');

const arrivalsSchema = z.object({
  total: z.number(),
  mostIn10s: z.number(),
  byOperation: z.record(z.string(), z.number()),
  refused429: z.number(),
});
const aboutSchema = z.object({
  operations: z.array(z.string()),
  kinds: z.record(z.string(), z.string()),
  presets: z.array(z.string()),
});
/** The number of requests that a stand-in received. */
export type Arrivals = z.output<typeof arrivalsSchema>;

/** The control routes of a stand-in. */
export interface StandIn {
  port: number;
  arrivals(): Promise<Arrivals>;
  /** Its operations, and the faults that it can simulate. */
  about(): Promise<z.output<typeof aboutSchema>>;
  /** Resolves with false if the operation cannot simulate that fault. */
  setFault(operation: string, fault: object): Promise<boolean>;
  clearFaults(): Promise<void>;
}

export interface Sandbox {
  /** The settings of a service that uses it. */
  variables: Record<string, string>;
  /** By the provider's name in the graph. */
  standIns: Record<'RETURNING_AI' | 'TAG_MANGO', StandIn>;
  end(): Promise<unknown>;
}

export interface SandboxProcessOptions {
  /** Another script that starts stand-ins and prints their settings. */
  script?: string;
  args?: readonly string[];
}

/** The sandbox as a process of its own. */
export async function startSandbox(
  children: Children,
  { script = MAIN, args = [] }: SandboxProcessOptions = {},
): Promise<Sandbox> {
  const { ready, end } = await children.start({
    name: 'the sandbox',
    script,
    args,
    readyWhen: /TAG_MANGO_WHITELABEL_HOST=\S+/,
  });
  const lines = ready.input.split('\n').filter((line) => /^\w+=/.test(line));
  const variables = Object.fromEntries(
    lines.map((line): [string, string] => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const at = (name: string) => createStandIn(new URL(variables[name] ?? '').origin);
  const standIns = {
    RETURNING_AI: at('RETURNING_AI_BASE_URL'),
    TAG_MANGO: at('TAG_MANGO_BASE_URL'),
  };
  return { variables, standIns, end: async () => end('SIGKILL') };
}

function createStandIn(origin: string): StandIn {
  async function ask(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: object) {
    const answer = await request(`${origin}/_sandbox${path}`, {
      method,
      ...(body && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    return { status: answer.statusCode, body: await answer.body.json() };
  }

  return {
    port: Number(new URL(origin).port),
    arrivals: async () => arrivalsSchema.parse((await ask('GET', '/arrivals')).body),
    about: async () => aboutSchema.parse((await ask('GET', '')).body),
    setFault: async (operation, fault) =>
      (await ask('PUT', `/faults/${encodeURIComponent(operation)}`, fault)).status === 200,
    async clearFaults() {
      await ask('DELETE', '/faults/all');
    },
  };
}
