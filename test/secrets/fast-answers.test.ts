import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { startMain } from '../support/service-process.ts';
import { RETURNING_AI_ID, TAG_MANGO_ID } from './badges.ts';
import { type Callers, startCallers } from './callers.ts';
import { type Answered, type Call, READS, send, toOutputs } from './calls.ts';
import { toLogLines } from './log-lines.ts';
import { asideMarkers } from './provider-words.ts';
import { findMarkers } from './search.ts';
import {
  keysOf,
  plantTenant,
  startPlantedSandbox,
  toPlainSettings,
  toSecretSettings,
} from './tenant.ts';

const tenant = plantTenant('default');
let sandbox: Sandbox;
let callers: Callers;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'badges-fast-answers-'));
  sandbox = await startPlantedSandbox([tenant]);
  callers = await startCallers();
});
afterAll(async () => {
  await callers.issuer.close();
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

/** As routers ask. */
const ENTITIES: Call = {
  name: '_entities by a variable',
  query: `query($representations: [_Any!]!) { _entities(representations: $representations) {
    ... on ReturningAIBadge { name title description image }
    ... on TagMangoBadge { name creator pointCategoryForAutomation }
  } }`,
  variables: {
    representations: [
      { __typename: 'ReturningAIBadge', id: RETURNING_AI_ID },
      { __typename: 'TagMangoBadge', id: TAG_MANGO_ID },
    ],
  },
};
const CALLS = [...READS.filter(({ name }) => /^badges?$/.test(name)), ENTITIES];
const TIMES = 5;

test('fast answers show no secret, no token, and nothing that a provider says beside its records', async () => {
  const { returningAI, tagMango } = sandbox;
  const { origin } = returningAI;
  const places = { returningAI: origin, integration: origin, tagMango: tagMango.origin };
  const settings = { ...toPlainSettings(places), ...toSecretSettings(tenant), ...callers.env };
  const service = startMain({ env: { ...settings, NODE_ENV: 'production', STATE_DIR: folder } });
  try {
    const url = await service.url;
    const headers = await callers.headersOf('default');
    const answers: Answered[] = [];
    for (let times = 0; times < TIMES; times += 1) {
      for (const call of CALLS) answers.push(await send(url, call, headers));
    }
    const metrics = await callers.readMetrics(url);
    expect(metrics.text).toMatch(/path="fast",code="OK"} [1-9]/);
    service.signal('SIGTERM');
    await service.ended;
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const [used] = toLogLines(service.stdout()).filter(({ fast }) => fast !== undefined);
    // All but the first of each, and those that came before it was kept.
    expect(used).toMatchObject({ plans: CALLS.length, answers: 2 });
    expect(used?.fast).toBeGreaterThan(2 * CALLS.length);
    const lines = toLogLines(service.stdout()).filter(({ path }) => path === 'fast');
    expect(lines).toHaveLength(Number(used?.fast));
    const outputs = [
      ...answers.flatMap(toOutputs),
      metrics,
      { from: 'stdout', text: service.stdout() },
      { from: 'stderr', text: service.stderr() },
    ];
    expect(findMarkers(outputs, [...keysOf(tenant), ...callers.markers, ...asideMarkers])).toEqual(
      [],
    );
  } finally {
    await service.kill();
  }
});
