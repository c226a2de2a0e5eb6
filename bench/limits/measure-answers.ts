import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type RunningService, startService } from '../../dist/service.js';
import { createEmbeddedStore } from '../../dist/state/sqlite/store.js';
import type { Children } from '../../test/support/children.ts';
import { type Operation, createClient } from '../../test/support/graphql-client.ts';
import { type MeasuredCase, measure } from './longest.ts';
import { toCallFamilies } from './other-answers.ts';
import { ANSWERS, type Side, toBody } from './provider-answers.ts';
import type { Answers } from './provider.ts';

const SIDES: readonly Side[] = ['returningAI', 'tagMango'];
/** The common fields of a badge, and those computed from its record. */
const FIELDS = 'nodes { ... on BadgeFields { id name imageUrl version } } totalCount';
const PAGE = `query ($p: [BadgeProvider!]) { badges(first: 100, filter: { providers: $p }) { ${FIELDS} } }`;
const SEARCH = `query ($p: [BadgeProvider!]) { badges(first: 100, filter: { providers: $p, textContains: "xz" }, orderBy: { field: ID }) { ${FIELDS} } }`;

/**
 * How long others wait at most while a provider's answer is read: to a list, with a page and a search of it, and to
 * every other call. `only`: those whose name holds it.
 */
export async function measureAnswers(
  children: Children,
  { seed, only = '' }: { seed: number; only: string | undefined },
): Promise<MeasuredCase[]> {
  const provider = await startProvider(children);
  const service = await startMeasured(provider.origin);
  const client = createClient(`${service.url}/graphql`, 1);
  const cases: MeasuredCase[] = [];

  async function add(name: string, ask: Operation): Promise<void> {
    let outcome = '';
    const measured = await measure(async () => {
      const { body } = await client.ask(ask);
      outcome = body.errors?.[0]?.extensions?.code ?? toOutcome(body.data ?? {});
    });
    cases.push({ name, measured, outcome });
  }

  for (const family of ANSWERS.filter(({ name }) => name.includes(only))) {
    for (const side of SIDES.filter((one) => one === (family.only ?? one))) {
      await provider.answer({ GET: { body: toBody(family, side, seed) } });
      const variables = { p: [side === 'returningAI' ? 'RETURNING_AI' : 'TAG_MANGO'] };
      await add(`a list, ${side}: ${family.name}`, { query: PAGE, variables });
      await add(`a search, ${side}: ${family.name}`, { query: SEARCH, variables });
    }
  }
  for (const { name, ask, answers } of toCallFamilies(seed)) {
    if (!name.includes(only)) continue;
    await provider.answer(answers);
    await add(name, ask);
  }
  await client.close();
  await service.close();
  return cases;
}

/** The codes of user errors, if there are any. */
function toOutcome(data: object): string {
  const codes = [...JSON.stringify(data).matchAll(/"code":"(\w+)"/g)].map(([, code]) => code);
  return codes[0] ?? 'read';
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
      budget: undefined,
      createBreaker: () => ({ waitMs: () => 0, enter: () => () => undefined }),
    },
  });
}
