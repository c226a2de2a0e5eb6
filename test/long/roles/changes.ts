import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Operation, type Client, codesOf } from '../../support/graphql-client.ts';
import { LIST, COMPLETE, toRename } from '../../support/load-operations.ts';

/** Changes under load, and their results. */
export interface Changes {
  /** Titles of those that were answered as made. */
  done: readonly string[];
  /** When a change was rejected because of the store or a lock, as `performance.now()`. */
  refusedAt: readonly number[];
  problems: readonly string[];
  repeated: () => number;
  pairs: () => number;
  bothMade: () => number;
  end(): Promise<void>;
}

const WRITERS = 24;
const PAUSE_MS = 100;
const REPEATED_AFTER_MS = 1_000;
/** How long a change is repeated until it is answered. */
const PATIENCE_MS = 20_000;

const CREATE = `mutation Create($input: CreateBadgeInput!, $key: String) {
  result: createBadge(input: $input, idempotencyKey: $key) { userErrors { code } warnings { code } }
}`;
const UPDATE = `mutation Update($input: UpdateBadgeInput!, $expectedVersion: String) {
  result: updateBadge(input: $input, expectedVersion: $expectedVersion) { userErrors { code } warnings { code } }
}`;
const VERSION = `query Version($id: ID!) {
  badge(provider: RETURNING_AI, id: $id) { ... on BadgeFields { version } }
}`;

export async function startChanges(clients: readonly Client[]): Promise<Changes> {
  const ids = await listIds(clientOf(0));
  const [pairId = '', ...ownIds] = ids;
  const done: string[] = [];
  const refusedAt: number[] = [];
  const problems: string[] = [];
  let [turn, repeated, pairs, bothMade] = [0, 0, 0, 0];
  let isOver = false;

  function clientOf(at: number): Client {
    const client = clients[at % clients.length];
    if (!client) throw new Error('There is nobody to ask');
    return client;
  }

  async function ask(at: number, change: Operation): Promise<Answer> {
    const sentAt = performance.now();
    const answer = await clientOf(at).ask(change);
    const codes = codesOf(answer);
    if (codes.includes('STATE_UNAVAILABLE')) refusedAt.push(performance.now());
    // It has waited for a lock that was left behind since it was sent.
    if (codes.includes('WRITE_IN_PROGRESS')) refusedAt.push(sentAt);
    return answer;
  }

  /** Under its key at either process, until it is answered as made. */
  async function insist(title: string, change: Operation): Promise<void> {
    const begun = performance.now();
    for (let at = turn++; ; at += 1) {
      const codes = codesOf(await ask(at, change));
      if (codes.length === 0) break;
      if (performance.now() - begun > PATIENCE_MS) {
        problems.push(`${title} was not answered in time: ${codes.join(', ')}`);
        return;
      }
      await sleep(PAUSE_MS);
    }
    done.push(title);
    repeated += 1;
    // Late enough for the other process to have found the new master.
    await sleep(REPEATED_AFTER_MS * Math.random());
    await ask(turn++, change);
  }

  async function write(writer: number): Promise<void> {
    for (let n = 0; !isOver; n += 1) {
      const title = `Keyed ${writer}-${n}`;
      await insist(title, n % 2 === 0 ? toUpdate(ownIds, writer, title) : toCreate(title));
      await sleep(PAUSE_MS * Math.random());
    }
  }

  /** Two updates that expect the same version, at once at both processes. */
  async function race(): Promise<void> {
    for (let n = 0; !isOver; n += 1) {
      const { body } = await clientOf(n).ask({ query: VERSION, variables: { id: pairId } });
      const version = (body.data?.badge as { version?: string } | null | undefined)?.version;
      if (version !== undefined) {
        pairs += 1;
        const toPart = (part: number) =>
          ask(part, toExpecting(pairId, version, `Pair ${n} ${part}`));
        const answers = await Promise.all([toPart(0), toPart(1)]);
        if (answers.every((answer) => codesOf(answer).length === 0)) bothMade += 1;
      }
      await sleep(PAUSE_MS);
    }
  }

  const running = [...Array.from({ length: WRITERS }, (_, writer) => write(writer)), race()];
  return {
    done,
    refusedAt,
    problems,
    repeated: () => repeated,
    pairs: () => pairs,
    bothMade: () => bothMade,
    async end() {
      isOver = true;
      await Promise.all(running);
    },
  };
}

/** Several writers to each badge, so that they meet at its lock. */
function toUpdate(ids: readonly string[], writer: number, title: string): Operation {
  const id = ids[writer % ids.length] ?? '';
  return toRename({ provider: 'RETURNING_AI', id }, title, randomUUID());
}

function toCreate(title: string): Operation {
  const input = { returningAI: { title } };
  return { query: CREATE, variables: { input, key: randomUUID() } };
}

function toExpecting(id: string, expectedVersion: string, title: string): Operation {
  const input = { returningAI: { id, title, ...COMPLETE } };
  return { query: UPDATE, variables: { input, expectedVersion } };
}

async function listIds(client: Client): Promise<string[]> {
  const { body } = await client.ask(LIST);
  return (body.data?.badges?.nodes ?? [])
    .filter(({ provider }) => provider === 'RETURNING_AI')
    .map(({ id }) => id);
}
