/**
 * Documents and variables of all kinds against a service in production: valid ones, valid ones with one thing
 * changed, and wild ones, in equal parts: node bench/fuzz/run.ts --documents 50000 --seed 1
 * Every answer must be GraphQL with known codes and nothing of ours or of a provider's inside. To repeat one document
 * of a run: --from INDEX --documents 1 with its seed; what is at the stand-ins may then be another.
 */
import { parseArgs } from 'node:util';
import { createBadgesSchema } from '../../dist/badges/schema.js';
import { usageOf } from '../soak/usage.ts';
import { conclude, createChildren } from '../support/children.ts';
import { createClient } from '../support/client.ts';
import { toSize } from '../support/options.ts';
import { createRandom } from '../support/random.ts';
import { startSandbox } from '../support/sandbox.ts';
import { ERROR_LEVEL, startService } from '../support/service.ts';
import { addAnswer, createTally, showCounts } from '../support/tally.ts';
import { judge } from './judge.ts';
import { createMaker } from './maker.ts';
import { toMemoryFinding } from './memory.ts';
import type { Known } from './values.ts';

const CONNECTIONS = 16;
/** As in a small container: without a bound the heap grows with the machine, leak or not. */
const HEAP = '--max-old-space-size=256';
const SAMPLES = 200;
const PROGRESS_EVERY = 2_500;
const MOST_FINDINGS = 20;

const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '50000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    from: { type: 'string', default: '0' },
  },
});
const documents = toSize('documents', values.documents);
const seed = toSize('seed', values.seed);
const from = Number(values.from);

const children = createChildren();
const { variables, standIns } = await startSandbox(children);
const service = await startService(children, { ...variables, NODE_OPTIONS: HEAP });
const client = createClient(service.url, CONNECTIONS);
const { schema } = await createBadgesSchema();
const make = createMaker(schema, await findKnown());
const tally = { valid: createTally(), 'nearly valid': createTally(), wild: createTally() };
const rssMb: number[] = [];
const findings: string[] = [];
const sampleEvery = Math.max(1, Math.floor(documents / SAMPLES));
let next = from;

service.onLog((line, text) => {
  if (!line || line.level >= ERROR_LEVEL) findings.push(`the log says: ${text}`);
});
console.log(`${documents} documents, seed ${seed}`);
const begun = performance.now();
await Promise.all(Array.from({ length: CONNECTIONS }, () => send()));
const seconds = (performance.now() - begun) / 1_000;
if (service.hasEnded()) findings.push('the service has ended');
const { RETURNING_AI, TAG_MANGO } = standIns;
const arrivals = [await RETURNING_AI.arrivals(), await TAG_MANGO.arrivals()];

for (const finding of findings.slice(0, MOST_FINDINGS)) console.log(finding);
const memory = toMemoryFinding(rssMb, documents);
conclude(
  [
    ['documents a second', (documents / seconds).toFixed(0)],
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
    ['findings', findings.length],
  ],
  [
    ...(findings.length > 0 ? [`${findings.length} findings, seed ${seed}`] : []),
    ...memory.problems,
  ],
);

async function send(): Promise<void> {
  while (next < from + documents && findings.length < MOST_FINDINGS && !service.hasEnded()) {
    const index = next;
    next += 1;
    const { kind, ask } = make(createRandom(seed ^ Math.imul(index, 0x9e3779b1)));
    const answer = await client.ask(ask);
    addAnswer(tally[kind], answer);
    const fault = judge(answer);
    if (fault !== undefined) {
      findings.push(`${fault}\n  --seed ${seed} --from ${index}: ${JSON.stringify(ask)}`);
    }
    const done = index - from + 1;
    if (done % sampleEvery === 0 && !service.hasEnded()) rssMb.push(usageOf(service.pid, []).rssMb);
    if (done % PROGRESS_EVERY === 0) {
      console.log(`${done} documents, ${rssMb.at(-1)?.toFixed(0)} MB, ${findings.length} findings`);
    }
  }
}

/** What is there to ask for. */
async function findKnown(): Promise<Known> {
  const { body } = await client.ask({
    query: '{ badges(first: 100) { nodes { ... on BadgeFields { provider id name } } } }',
  });
  const nodes = body.data?.badges?.nodes ?? [];
  if (nodes.length === 0) throw new Error('the sandbox has no badges');
  return {
    ids: [...nodes.map(({ id }) => id), '6650aa11bb22cc33dd44ee55', '1102'],
    texts: [...nodes.map(({ name }) => name), 'ada@example.com', '919900112233'],
  };
}
