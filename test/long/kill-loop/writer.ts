/** Writes under load until it is killed, and prints each write once it is acknowledged. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createEmbeddedStore } from '../../../dist/state/sqlite/store.js';
import { WRITERS, namesOf, toLine, toText } from './records.ts';

const [folder = '', run = ''] = process.argv.slice(2);
const names = namesOf(Number(run));
const store = createEmbeddedStore({ folder, now: Date.now });

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));

async function write(writer: number): Promise<void> {
  for (let n = 1; ; n++) {
    await store.set(names.keyOf(writer), toText(writer, n));
    process.stdout.write(toLine({ kind: 'set', writer, n }));
    await nextTurn();

    await store.append([names.log, names.logOf(writer)], toText(writer, n));
    process.stdout.write(toLine({ kind: 'append', writer, n }));
    await nextTurn();

    const expected = await store.get(names.count);
    const next = Number(expected) + 1;
    // Other writers run in between, so that some changes conflict.
    await nextTurn();
    if (await store.compareAndSet(names.count, { expected, value: String(next) }))
      process.stdout.write(toLine({ kind: 'count', writer, n: next }));
  }
}
