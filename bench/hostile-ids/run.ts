/**
 * Gives random and adversarial texts for ids through every operation that takes one, to the real service and past it
 * to the providers' clients, and looks at the first line of each request as it comes to the stand-ins:
 * node bench/hostile-ids/run.ts --ids 100000 --seed 1
 * Fails at the first line that no provider should see, and at the first id of which something else comes than must.
 */
import { parseArgs } from 'node:util';
import { conclude, createChildren } from '../support/children.ts';
import { createClient } from '../support/client.ts';
import { makeFolder } from '../support/folder.ts';
import { toSize } from '../support/options.ts';
import { createRandom, pick } from '../support/random.ts';
import { startService } from '../support/service.ts';
import { type Counts, count } from '../support/tally.ts';
import { describeAnswer } from './answers.ts';
import { createDirect, describeCall } from './direct.ts';
import { type Id, nextId } from './ids.ts';
import { startProviders } from './providers.ts';
import { WAYS, type Way } from './ways.ts';

const PROGRESS_EVERY = 10_000;
/** A request may have 1 MiB. */
const MOST_CHARACTERS = 300_000;
/** Of all ids, those that go to the clients and not through the graph. */
const DIRECT_PART = 0.06;

const { values } = parseArgs({
  options: {
    ids: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const total = toSize('ids', values.ids);
const seed = Number(values.seed);
const random = createRandom(seed);

const children = createChildren();
const providers = await startProviders();
const service = await startService(children, {
  ...providers.variables,
  STATE_DIR: makeFolder(children),
});
const client = createClient(service.url, 1);
const direct = createDirect(providers.variables);

const kinds: Counts = {};
const ways: Counts = {};
const outcomes: Counts = {};
const begun = performance.now();
let tried = 0;
let requests = 0;

console.log(`${total} ids, seed ${seed}`);
const directTotal = Math.floor(total * DIRECT_PART);
while (tried < total - directTotal) await tryBatch(pickWay(), total - directTotal - tried);
while (tried < total) await tryDirect();
await finish([]);

/** The one that is furthest behind its share. */
function pickWay(): Way {
  const done = ({ name, share }: Way): number => (ways[name] ?? 0) / share;
  return WAYS.reduce((least, way) => (done(way) < done(least) ? way : least));
}

async function tryBatch(way: Way, most: number): Promise<void> {
  const ids: Id[] = [];
  let characters = 0;
  // A way that takes many must not take all of a small run.
  const size = Math.min(way.most, most, Math.max(1, Math.ceil(total / 20)));
  while (ids.length < size && characters < MOST_CHARACTERS) {
    const id = nextId(random);
    ids.push(id);
    characters += id.text.length;
  }
  const texts = ids.map(({ text }) => text);
  const seen = await ask(way, texts);
  if (providers.strays.length > 0) await blame(way, ids);
  for (const [index, id] of ids.entries())
    await judge(way.name, id, seen[index] ?? '', way.expected(id.text));
}

async function ask(way: Way, texts: readonly string[]): Promise<string[]> {
  requests += 1;
  const answer = await client.ask(way.toAsk(texts));
  const seen = describeAnswer(answer, texts);
  return (
    seen ?? finish([`${way.name} failed as a whole: ${JSON.stringify(answer)}; --seed ${seed}`])
  );
}

async function tryDirect(): Promise<void> {
  const id = nextId(random);
  const { name, ...way } = pick(direct.calls, random);
  const before = providers.total();
  const outcome = await describeCall(way.call(id.text));
  const lines = providers.total() - before;
  const must = way.isAllowed(id.text) ? 'sent 1' : 'refused 0';
  if (providers.strays.length > 0) await fail(`${name} sent ${showStrays()}`, id);
  await judge(name, id, `${outcome} ${lines}`, must);
}

async function judge(name: string, id: Id, seen: string, must: string): Promise<void> {
  tried += 1;
  count(kinds, id.kind);
  count(ways, name);
  count(outcomes, seen.replace(/^found .*/s, 'found'));
  if (seen !== must) await fail(`${name} gave "${seen}", not "${must}"`, id);
  if (tried % PROGRESS_EVERY !== 0) return;
  const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
  console.log(`${tried} ids, ${requests} requests, ${providers.total()} calls, ${seconds} s`);
}

/** Which of them it was: each once more by itself. */
async function blame(way: Way, ids: readonly Id[]): Promise<void> {
  const shown = showStrays();
  for (const id of ids) {
    providers.strays.length = 0;
    await ask(way, [id.text]);
    if (providers.strays.length > 0) await fail(`${way.name} sent ${showStrays()}`, id);
  }
  await finish([`${way.name} sent ${shown}, and no id of it does so alone`]);
}

const showStrays = (): string => providers.strays.map((line) => JSON.stringify(line)).join(', ');

async function fail(what: string, { kind, text }: Id): Promise<void> {
  const problem = `id ${JSON.stringify(text)} (${kind}): ${what}; again with --seed ${seed}`;
  // A test that runs this shows of a failure what stands there.
  console.error(problem);
  await finish([problem]);
}

async function finish(problems: readonly string[]): Promise<never> {
  await Promise.all([client.close(), direct.close(), service.end('SIGTERM')]);
  await providers.close();
  const rows = (title: string, counts: Counts) =>
    Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([name, times]) => [`${title} ${name}`, times] as const);
  conclude(
    [
      ['ids', tried],
      ['requests of the graph', requests],
      ...rows('kind:', kinds),
      ...rows('by', ways),
      ...rows('came to', outcomes),
      ['calls to the providers', providers.total()],
      ...rows('called', providers.calls),
      ['calls to anything else', providers.strays.length],
    ],
    problems,
  );
}
