import { deepEqual, ok } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { change, resultOf } from './mutations.ts';
import { QUIZ_MASTER } from '../../../test/support/records.ts';
import { type World, codesOf } from './world.ts';

const PER_SECOND = 25;
/** Two writes a second, which a provider's rate limit allows. */
const WRITES_EVERY = 12;
const QUIET_MS = 500;
const PAGE =
  '{ badges(first: 10) { totalCount nodes { __typename ... on BadgeFields { id name } } } }';
const MEMBERS = '{ members { name badges { ... on BadgeFields { name } } } }';

/** Replaces the subgraph under traffic. No operation may fail. */
export async function checkRestarts(world: World, restarts: number): Promise<string> {
  const failures: string[] = [];
  const pending: Promise<void>[] = [];
  let isOver = false;

  async function send(number: number): Promise<void> {
    const isWrite = number % WRITES_EVERY === 0;
    const answer = await (isWrite
      ? change(world, {
          field: 'update',
          input: { tagMango: { id: QUIZ_MASTER, name: `Restart ${number}` } },
        })
      : world.ask(number % 2 === 0 ? PAGE : MEMBERS));
    const isDone = isWrite
      ? ['APPLIED', 'UNCHANGED'].includes(resultOf(answer).outcome ?? '')
      : answer.errors.length === 0 && answer.data !== null;
    if (!isDone)
      failures.push(
        `${isWrite ? 'write' : 'read'}: ${JSON.stringify([answer.status, codesOf(answer), answer.data])}`,
      );
  }

  const sending = (async () => {
    const begun = performance.now();
    while (!isOver) {
      pending.push(
        send(pending.length).catch((error: unknown) => void failures.push(String(error))),
      );
      const due = begun + (pending.length * 1_000) / PER_SECOND;
      await sleep(Math.max(0, due - performance.now()));
    }
  })();
  for (let restart = 0; restart < restarts; restart += 1) {
    await sleep(QUIET_MS);
    await world.restart();
  }
  await sleep(QUIET_MS);
  isOver = true;
  await sending;
  await Promise.all(pending);
  deepEqual(failures.slice(0, 5), [], `${failures.length} of ${pending.length} operations failed`);
  ok(pending.length > restarts * PER_SECOND);
  return `0 of ${pending.length} operations failed in ${restarts} restarts`;
}
