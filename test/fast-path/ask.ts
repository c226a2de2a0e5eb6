import type { World } from './world.ts';
import { type RawCaller, createRawCaller } from './wire.ts';

export interface Asked {
  status: number;
  head: string;
  body: string;
  /** Whether it was answered ahead of the framework. */
  isFast: boolean;
}

export const ENTITIES =
  'query($representations:[_Any!]!){_entities(representations:$representations){...on TagMangoBadge{id name}...on ReturningAIBadge{id title}}}';

export function toBody(representations: readonly object[], query = ENTITIES): string {
  return JSON.stringify({ query, variables: { representations } });
}

export function toRequest(body: string, headers: Readonly<Record<string, string>> = {}): Buffer {
  const all = {
    Host: 'localhost',
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST /graphql HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}

/** Asks the server with the fast path, over one connection. */
export function createAsker(world: World): {
  ask(request: Buffer): Promise<Asked>;
  /** The same of the server without. */
  askFull(request: Buffer): Promise<Omit<Asked, 'isFast'>>;
  close(): void;
} {
  const callers = [createRawCaller(world.fast), createRawCaller(world.full)] as const;
  async function send(caller: RawCaller, request: Buffer) {
    const raw = await caller.ask(request);
    const split = raw.indexOf('\r\n\r\n');
    return {
      status: Number(raw.split(' ')[1]),
      head: raw.slice(0, split),
      body: raw.slice(split + 4),
    };
  }
  return {
    async ask(request) {
      const before = world.usage().fast;
      const answer = await send(callers[0], request);
      return { ...answer, isFast: world.usage().fast > before };
    },
    askFull: (request) => send(callers[1], request),
    close: () => callers.forEach((caller) => caller.close()),
  };
}
