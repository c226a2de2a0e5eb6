import { usageOf } from '../../support/process-usage.ts';
import type { Children } from '../../support/children.ts';
import { type Client, createClient } from '../../support/graphql-client.ts';
import { createRandom } from '../../support/random.ts';
import { startSandbox } from '../../support/sandbox-process.ts';
import { showShare, watchFastAnswers } from '../../support/fast-answers.ts';
import { ERROR_LEVEL, startProductionService } from '../../support/service-process.ts';
import { addAnswer, createTally, showCounts } from '../../support/tally.ts';
import { createBadgesSchema } from '../../../src/badges/schema.ts';
import type { Figures } from '../size.ts';
import { judge } from './judge.ts';
import { createMaker } from './maker.ts';
import { toMemoryFinding } from './memory.ts';
import type { Known } from './values.ts';

const CONNECTIONS = 16;
/** As in a small container: without a limit the heap grows even without a leak. */
const HEAP = '--max-old-space-size=256';
const SAMPLES = 200;
const MAX_FINDINGS = 20;
const LEAST_FAST = 0.02;

export interface FuzzOptions {
  documents: number;
  seed: number;
  /** The number of the first document, to repeat a part of a longer run. */
  from: number;
}

export interface FuzzFinding {
  figures: Figures;
  /** Invalid responses and log lines, and the growth of the memory. */
  problems: string[];
}

/**
 * Sends valid documents, valid ones with one change, random ones, and a few documents again and again, in equal parts,
 * to a service in production mode.
 */
export async function sendDocuments(
  children: Children,
  { documents, seed, from }: FuzzOptions,
): Promise<FuzzFinding> {
  const { variables, standIns } = await startSandbox(children);
  const service = await startProductionService(children, { ...variables, NODE_OPTIONS: HEAP });
  const client = createClient(service.url, CONNECTIONS);
  const { schema } = await createBadgesSchema();
  const make = createMaker(schema, await findKnown(client));
  const tally = {
    valid: createTally(),
    'nearly valid': createTally(),
    wild: createTally(),
    'asked again': createTally(),
  };
  const fastShare = watchFastAnswers([service]);
  const rssMb: number[] = [];
  const problems: string[] = [];
  const sampleEvery = Math.max(1, Math.floor(documents / SAMPLES));
  let next = from;

  service.onLog((line, text) => {
    if (!line || line.level >= ERROR_LEVEL) problems.push(`the log says: ${text}`);
  });

  async function send(): Promise<void> {
    while (next < from + documents && problems.length < MAX_FINDINGS && !service.hasEnded()) {
      const index = next;
      next += 1;
      const { kind, ask } = make(createRandom(seed ^ Math.imul(index, 0x9e3779b1)));
      const answer = await client.ask(ask);
      addAnswer(tally[kind], answer);
      const fault = judge(answer);
      if (fault !== undefined) {
        problems.push(`${fault}\n  SEED=${seed} RUNS=1 FROM=${index}: ${JSON.stringify(ask)}`);
      }
      const done = index - from + 1;
      if (done % sampleEvery === 0 && !service.hasEnded())
        rssMb.push(usageOf(service.pid, []).rssMb);
    }
  }

  const begun = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, () => send()));
  const seconds = (performance.now() - begun) / 1_000;
  if (service.hasEnded()) problems.push('the service has ended');
  const { RETURNING_AI, TAG_MANGO } = standIns;
  const arrivals = [await RETURNING_AI.arrivals(), await TAG_MANGO.arrivals()];
  await client.close();
  if (!service.hasEnded()) await service.end('SIGTERM');
  const memory = toMemoryFinding(rssMb, documents);
  return {
    figures: [
      ['documents', next - from],
      ['documents a second', (documents / seconds).toFixed(0)],
      ['answered fast', showShare(fastShare())],
      ...Object.entries(tally).flatMap(([kind, { requests, statuses, codes }]) => [
        [`${kind} documents`, requests] as const,
        [`${kind}, by HTTP status`, showCounts(statuses)] as const,
        [`${kind}, by error code`, showCounts(codes)] as const,
      ]),
      [
        'requests to providers',
        arrivals.map(({ byOperation }) => showCounts(byOperation)).join(', '),
      ],
      ...memory.figures,
    ],
    problems: [
      ...problems,
      ...memory.problems,
      // A single document that is repeated may be of any kind.
      ...(documents > 1 && fastShare() < LEAST_FAST ? ['too few were answered fast'] : []),
    ],
  };
}

/** The existing badges and members. */
async function findKnown(client: Client): Promise<Known> {
  const { body } = await client.ask({
    query:
      '{ badges(first: 100) { nodes { __typename ... on BadgeFields { provider id name } } } }',
  });
  const nodes = body.data?.badges?.nodes ?? [];
  if (nodes.length === 0) throw new Error('the sandbox has no badges');
  return {
    ids: [...nodes.map(({ id }) => id), '6650aa11bb22cc33dd44ee55', '1102'],
    representations: nodes.map(({ __typename, id }) => ({ __typename, id })),
    texts: [...nodes.map(({ name }) => name), 'ada@example.com', '919900112233'],
  };
}
