import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../support/random.ts';
import type { FaultInput } from '../../../src/sandbox/faults.ts';
import type { Company } from './company.ts';
import { type TenantId, toText } from './marks.ts';

interface Trouble {
  name: string;
  /** Undefined: the tenant exceeds TagMango's rate limit. */
  toFault?: (message: string) => FaultInput;
  lastsMs: number;
  /** The maximum time for which its effects remain: while a breaker is open or a rate limit is exhausted. */
  tailMs: number;
}

/** An attempt in progress, the longest first pause of a breaker, and its probe. */
const BREAKER_MS = 14_000;
const LIMIT_MS = 7_000;
/** How long calls are paused after a provider reports its rate limit. */
const COOL_MS = 12_000;

/** The tenant looks up members at full speed. */
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
    // Without Retry-After, calls are paused for longer than a request may take.
    toFault: (message) => ({ kind: 'answer', status: 429, body: { message } }),
    lastsMs: 2_000,
    tailMs: COOL_MS,
  },
  { name: FLOOD, lastsMs: 3_000, tailMs: LIMIT_MS },
];

const FIRST_AFTER_MS = 500;
const BETWEEN_MS = 1_000;
const PLACES = [['returningAI'], ['tagMango'], ['returningAI', 'tagMango']] as const;

/** A fault of a tenant's provider. */
export interface Played {
  tenant: TenantId;
  name: string;
}

/** Switches on one fault after the other, each for one tenant, until the signal is aborted. */
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
