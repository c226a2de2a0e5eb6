import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startService } from '../../dist/service.js';
import type { RunningService } from '../../dist/service.js';
import { createEmbeddedStore } from '../../dist/state/embedded-store.js';
import type { Children } from '../support/children.ts';
import { createClient } from '../support/client.ts';
import { measure, showMeasured } from './longest.ts';
import { ANSWERS, toBody } from './provider-answers.ts';
import type { Side } from './provider-answers.ts';
import type { Answers } from './provider.ts';

const SIDES: readonly Side[] = ['returningAI', 'tagMango'];
/** All that a badge has in common, and what is made of its record anew. */
const FIELDS = 'nodes { ... on BadgeFields { id name imageUrl version } } totalCount';
const PAGE = `query ($p: [BadgeProvider!]) { badges(first: 100, filter: { providers: $p }) { ${FIELDS} } }`;
const SEARCH = `query ($p: [BadgeProvider!]) { badges(first: 100, filter: { providers: $p, nameContains: "xz" }, orderBy: { field: ID }) { ${FIELDS} } }`;

export interface AnswersFinding {
  lines: readonly string[];
  problems: readonly string[];
}

/** How long others wait at most while a list is read from a provider's answer, and a page is shown of it. */
export async function measureAnswers(
  children: Children,
  { seed, mostMs, only }: { seed: number; mostMs: number; only: string | undefined },
): Promise<AnswersFinding> {
  const provider = await startProvider(children);
  const service = await startMeasured(provider.origin);
  const client = createClient(`${service.url}/graphql`, 1);
  const lines: string[] = [];
  const problems: string[] = [];

  async function ask(query: string, side: Side): Promise<string> {
    const p = [side === 'returningAI' ? 'RETURNING_AI' : 'TAG_MANGO'];
    const { body } = await client.ask({ query, variables: { p } });
    return body.errors?.[0]?.extensions?.code ?? 'read';
  }

  for (const family of ANSWERS) {
    if (only !== undefined && !family.name.includes(only)) continue;
    for (const side of SIDES) {
      if (family.only !== undefined && family.only !== side) continue;
      await provider.answer({ GET: { body: toBody(family, side, seed) } });
      let outcome = '';
      const first = await measure(async () => void (outcome = await ask(PAGE, side)));
      const again = await measure(() => ask(SEARCH, side));
      const isSlow = [first, again].some(({ longestMs }) => longestMs >= mostMs);
      lines.push(
        `${isSlow ? 'SLOW ' : ''}${family.name}, ${side}`.padEnd(60) +
          `${showMeasured(first)}; searched${showMeasured(again)}; ${outcome.slice(0, 60)}`,
      );
      console.log(lines.at(-1));
      if (isSlow) problems.push(`answers: ${family.name} of ${side} is slow`);
    }
  }
  await client.close();
  await service.close();
  return { lines, problems };
}

async function startProvider(children: Children) {
  const child = children.fork(join(import.meta.dirname, 'provider.ts'));
  const [origin] = (await once(child, 'message')) as [string];
  return {
    origin,
    async answer(answers: Answers): Promise<void> {
      child.send(answers);
      await once(child, 'message');
    },
  };
}

async function startMeasured(origin: string): Promise<RunningService> {
  const folder = mkdtempSync(join(tmpdir(), 'badges-limits-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const common = { host: '127.0.0.1', port: 0, isProduction: false, hasPlayground: false };
  return startService({
    ...common,
    hasIntrospection: true,
    hasCacheTags: false,
    hasAuthDirectives: false,
    freshSeconds: 0,
    staleSeconds: 0,
    replicas: 1,
    attemptTimeoutMs: 20_000,
    operationDeadlineMs: 60_000,
    store: createEmbeddedStore({ folder, now: Date.now }),
    tenants: [
      {
        id: 'default',
        providerValues: {
          returningAI: { RETURNING_AI_BASE_URL: origin, RETURNING_AI_API_KEY: 'returning-key' },
          tagMango: {
            TAG_MANGO_BASE_URL: origin,
            TAG_MANGO_API_KEY: 'mango-key',
            TAG_MANGO_WHITELABEL_HOST: 'badges.tagmango.com',
          },
        },
        requestLimits: {},
      },
    ],
    defaultTenant: 'default',
    routerSecrets: [],
    tokens: undefined,
    hasMutations: true,
    logger: pino({ level: 'silent' }),
    now: Date.now,
    wallTime: Date.now,
    // No circuit opens, and no limit is kept.
    http: {
      allowance: undefined,
      createBreaker: () => ({ waitMs: () => 0, enter: () => () => undefined }),
    },
  });
}
