import { type Children, makeFolder } from '../../support/children.ts';
import { createClient } from '../../support/graphql-client.ts';
import { createRandom, pick } from '../../support/random.ts';
import { watchFastAnswers } from '../../support/fast-answers.ts';
import { startProductionService } from '../../support/service-process.ts';
import { type Counts, count } from '../../support/tally.ts';
import { describeAnswer } from './answers.ts';
import { createDirect, describeCall } from './direct.ts';
import { type Id, nextId } from './ids.ts';
import { startProviders } from './providers.ts';
import { WAYS, type Way } from './ways.ts';

/** A request may have 1 MiB. */
const MAX_CHARACTERS = 300_000;
/** Of all ids, those that go to the clients and not through the graph. */
const DIRECT_PART = 0.06;

export interface TrialFigures {
  tried: number;
  /** Of the graph. */
  requests: number;
  /** The share of them that the fast path answered, 0 to 1. */
  fastShare: number;
  kinds: Counts;
  ways: Counts;
  outcomes: Counts;
  /** Calls to the providers, by their line. */
  calls: Counts;
}

/**
 * Gives random and adversarial texts for ids through every operation that takes one, to the real service and past it
 * to the providers' clients, and checks the first line of each request at the stand-ins. Throws at the first line that
 * no provider should receive, and at the first ID with an unexpected result.
 */
export async function tryIds(
  children: Children,
  { ids: total, seed }: { ids: number; seed: number },
): Promise<TrialFigures> {
  const random = createRandom(seed);
  const providers = await startProviders();
  const service = await startProductionService(children, {
    ...providers.variables,
    STATE_DIR: makeFolder(children),
  });
  const client = createClient(service.url, 1);
  const fastShare = watchFastAnswers([service]);
  const direct = createDirect(providers.variables);
  const { calls } = providers;
  const figures: TrialFigures = {
    tried: 0,
    requests: 0,
    fastShare: 0,
    kinds: {},
    ways: {},
    outcomes: {},
    calls,
  };

  /** The one that is furthest behind its share. */
  function pickWay(): Way {
    const done = ({ name, share }: Way): number => (figures.ways[name] ?? 0) / share;
    return WAYS.reduce((least, way) => (done(way) < done(least) ? way : least));
  }

  async function tryBatch(way: Way, most: number): Promise<void> {
    const ids: Id[] = [];
    let characters = 0;
    // A way with many texts per request must not use up a short run.
    const size = Math.min(way.most, most, Math.max(1, Math.ceil(total / 20)));
    while (ids.length < size && characters < MAX_CHARACTERS) {
      const id = nextId(random);
      ids.push(id);
      characters += id.text.length;
    }
    const texts = ids.map(({ text }) => text);
    const seen = await ask(way, texts);
    if (providers.strays.length > 0) await blame(way, ids);
    for (const [index, id] of ids.entries())
      judge(way.name, { id, seen: seen[index] ?? '', must: way.expected(id.text) });
  }

  async function ask(way: Way, texts: readonly string[]): Promise<string[]> {
    figures.requests += 1;
    const answer = await client.ask(way.toAsk(texts));
    const seen = describeAnswer(answer, texts);
    if (!seen) throw new Error(`${way.name} failed as a whole: ${JSON.stringify(answer)}`);
    return seen;
  }

  async function tryDirect(): Promise<void> {
    const id = nextId(random);
    const { name, ...way } = pick(direct.calls, random);
    const before = providers.total();
    const outcome = await describeCall(way.call(id.text));
    const lines = providers.total() - before;
    const must = way.isAllowed(id.text) ? 'sent 1' : 'refused 0';
    if (providers.strays.length > 0) fail(`${name} sent ${showStrays()}`, id);
    judge(name, { id, seen: `${outcome} ${lines}`, must });
  }

  function judge(name: string, { id, seen, must }: { id: Id; seen: string; must: string }): void {
    figures.tried += 1;
    count(figures.kinds, id.kind);
    count(figures.ways, name);
    count(figures.outcomes, seen.replace(/^found .*/s, 'found'));
    if (seen !== must) fail(`${name} gave "${seen}", not "${must}"`, id);
  }

  /** Repeats the texts one by one to find the failing one. */
  async function blame(way: Way, ids: readonly Id[]): Promise<never> {
    const shown = showStrays();
    for (const id of ids) {
      providers.strays.length = 0;
      await ask(way, [id.text]);
      if (providers.strays.length > 0) fail(`${way.name} sent ${showStrays()}`, id);
    }
    throw new Error(`${way.name} sent ${shown}, and no id of it does so alone; SEED=${seed}`);
  }

  const showStrays = (): string => providers.strays.map((line) => JSON.stringify(line)).join(', ');

  function fail(what: string, { kind, text }: Id): never {
    throw new Error(`id ${JSON.stringify(text)} (${kind}): ${what}; again with SEED=${seed}`);
  }

  const throughGraph = total - Math.floor(total * DIRECT_PART);
  try {
    while (figures.tried < throughGraph) await tryBatch(pickWay(), throughGraph - figures.tried);
    while (figures.tried < total) await tryDirect();
  } finally {
    await Promise.all([client.close(), direct.close(), service.end('SIGTERM')]);
    await providers.close();
  }
  return { ...figures, fastShare: fastShare() };
}
