import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../support/random.ts';
import type { FaultInput } from '../../../src/sandbox/faults.ts';
import type { Company } from './company.ts';
import { type TenantId, toText } from './marks.ts';

interface Trouble {
  name: string;
  /** Undefined: the tenant asks more of TagMango than it may. */
  toFault?: (message: string) => FaultInput;
  lastsMs: number;
  /** How long it shows afterwards at most: while a breaker is open, or a limit is used up. */
  tailMs: number;
}

/** An attempt under way, the longest time that a breaker first stays open, and its probe. */
const BREAKER_MS = 14_000;
const LIMIT_MS = 7_000;
/** As long as a provider is left alone that refuses one request too many. */
const COOL_MS = 12_000;

/** The tenant looks up members as fast as it can. */
export const FLOOD = 'flood';

const TROUBLES: readonly Trouble[] = [
  {
    name: 'unavailable',
    toFault: (message) => ({ kind: 'answer', status: 503, body: { message } }),
    lastsMs: 2_000,
    tailMs: BREAKER_MS,
  },
  {
    name: 'unauthorized',
    toFault: (message) => ({ kind: 'answer', status: 401, body: { message } }),
    lastsMs: 2_000,
    tailMs: 3_000,
  },
  { name: 'hanging', toFault: () => ({ kind: 'hang' }), lastsMs: 3_000, tailMs: BREAKER_MS },
  {
    name: 'too many',
    // It does not say for how long, so that it is left alone for longer than a request may take.
    toFault: (message) => ({ kind: 'answer', status: 429, body: { message } }),
    lastsMs: 2_000,
    tailMs: COOL_MS,
  },
  { name: FLOOD, lastsMs: 3_000, tailMs: LIMIT_MS },
];

const FIRST_AFTER_MS = 500;
const BETWEEN_MS = 1_000;
const PLACES = [['returningAI'], ['tagMango'], ['returningAI', 'tagMango']] as const;

/** A trouble that a tenant had. */
export interface Played {
  tenant: TenantId;
  name: string;
}

/** One trouble after the other, each of one tenant, until the signal is aborted. */
export async function playTroubles(
  companies: readonly Company[],
  { random, signal }: { random: () => number; signal: AbortSignal },
): Promise<Played[]> {
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);
  const played: Played[] = [];
  await pause(FIRST_AFTER_MS);
  for (let n = 0; !signal.aborted; n += 1) {
    const trouble = TROUBLES[n % TROUBLES.length] ?? pick(TROUBLES, random);
    const company = pick(companies, random);
    company.mood.begin(trouble.name);
    played.push({ tenant: company.id, name: trouble.name });
    const places = pick(PLACES, random);
    const fault = trouble.toFault?.(toText(company.id, 'out of order'));
    if (fault) places.forEach((place) => company.sandbox[place].faults.set('*', fault));
    await pause(trouble.lastsMs);
    places.forEach((place) => company.sandbox[place].faults.clear());
    await pause(trouble.tailMs);
    if (signal.aborted) break;
    company.mood.end();
    await pause(BETWEEN_MS);
  }
  return played;
}
