import { z } from 'zod';
import type { StateStore } from '../../state/state-store.ts';
import { readStored } from './stored-record.ts';

/** How the keys of memories begin. */
const MEMORIES = 'hidden/';

const keptSchema = z.looseObject({});
const memorySchema = z.looseObject({
  settled: keptSchema.nullable(),
  pending: keptSchema.nullable(),
});

/**
 * After an older copy of the state was put back: a badge may have been written since, so that what it shows is no
 * evidence for what is remembered of the rest. The values stay, and are sent only where the caller asks for them.
 * Gives how many memories there are.
 */
export async function doubtMemories(store: StateStore): Promise<number> {
  let memories = 0;
  for await (const key of store.keys(MEMORIES)) {
    const text = await store.get(key);
    if (text === null) continue;
    memories += 1;
    const reading = readStored(text, memorySchema);
    // What cannot be read is in doubt already.
    if ('unreadable' in reading) continue;
    const { settled, pending } = reading.record;
    const doubted = { ...reading.record, settled: doubt(settled), pending: doubt(pending) };
    await store.compareAndSet(key, { expected: text, value: JSON.stringify(doubted) });
  }
  return memories;
}

function doubt(fields: z.output<typeof keptSchema> | null): object | null {
  return fields && { ...fields, left: undefined };
}
