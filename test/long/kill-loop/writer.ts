/** Writes under load until it is killed, and prints each write once it is acknowledged. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createEmbeddedStore } from '../../../dist/state/sqlite/store.js';
import { type Acknowledged, WRITERS, namesOf, toLine, toText } from './records.ts';

const [folder = '', run = ''] = process.argv.slice(2);
const names = namesOf(Number(run));
const store = createEmbeddedStore({ folder, now: Date.now });

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));

async function write(writer: number): Promise<void> {
  for (let n = 1; ; n++) {
    await store.set(names.keyOf(writer), toText(writer, n));
    await print({ kind: 'set', writer, n });
    await nextTurn();

    await store.append([names.log, names.logOf(writer)], toText(writer, n));
    await print({ kind: 'append', writer, n });
    await nextTurn();

    const expected = await store.get(names.count);
    const next = Number(expected) + 1;
    // Other writers run in between, so that some changes conflict.
    await nextTurn();
    if (await store.compareAndSet(names.count, { expected, value: String(next) }))
      await print({ kind: 'count', writer, n: next });
  }
}

/** Resolves once the system has the line, which a slow reader delays: a line that is still here dies with the process. */
async function print(acknowledged: Acknowledged): Promise<void> {
  await new Promise<void>((resolve) => {
    process.stdout.write(toLine(acknowledged), () => resolve());
  });
}
