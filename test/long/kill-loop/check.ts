import type { LogEntry, StateStore } from '../../../src/state/state-store.ts';
import { type Acknowledged, WRITERS, namesOf, readText } from './records.ts';

export interface Finding {
  /** Lost, torn, reordered or incomplete writes. */
  problems: string[];
  /** Stored writes that were not acknowledged before the kill. */
  unacknowledged: number;
}

/** Compares what a run acknowledged with what the store holds of it. */
export async function check(
  store: StateStore,
  run: number,
  acknowledged: Acknowledged[],
): Promise<Finding> {
  const finding: Finding = { problems: [], unacknowledged: 0 };
  const names = namesOf(run);
  const last = (kind: Acknowledged['kind'], writer: number) =>
    acknowledged.filter((one) => one.kind === kind && one.writer === writer).at(-1)?.n ?? 0;
  /** Of one writer's writes the last may have been in flight, and no other. */
  const compare = (what: string, found: number, known: number): void => {
    finding.unacknowledged += Math.max(0, found - known);
    if (found < known) finding.problems.push(`${what}: ${known} acknowledged, ${found} found`);
    if (found > known + 1) finding.problems.push(`${what}: ${found} found, ${known} acknowledged`);
  };

  const all = await readNumbers(store, names.log, finding);
  for (let writer = 0; writer < WRITERS; writer++) {
    const value = await store.get(names.keyOf(writer));
    const text = value === null ? { writer, n: 0 } : readText(value);
    if (text?.writer !== writer) finding.problems.push(`value of writer ${writer} is torn`);
    else compare(`value of writer ${writer}`, text.n, last('set', writer));

    const own = all.filter((entry) => entry.writer === writer).map(({ n }) => n);
    const alone = (await readNumbers(store, names.logOf(writer), finding)).map(({ n }) => n);
    if (own.join() !== alone.join()) finding.problems.push(`the logs of ${writer} differ`);
    if (own.some((n, index) => n !== index + 1))
      finding.problems.push(`the log of ${writer} has a gap, a repeat or another order`);
    compare(`log of writer ${writer}`, own.length, last('append', writer));
  }

  const counted = acknowledged.filter(({ kind }) => kind === 'count').map(({ n }) => n);
  if (new Set(counted).size !== counted.length) finding.problems.push('a count was given twice');
  const count = Number(await store.get(names.count));
  const highest = Math.max(0, ...counted);
  if (count < highest) finding.problems.push(`count: ${highest} acknowledged, ${count} found`);
  // Each writer may have had one change in flight.
  if (count > counted.length + WRITERS) finding.problems.push(`count: ${count} found`);
  finding.unacknowledged += Math.max(0, count - counted.length);
  return finding;
}

async function readNumbers(store: StateStore, log: string, { problems }: Finding) {
  const numbers: { writer: number; n: number }[] = [];
  const entries: AsyncIterable<LogEntry> = store.readForward(log);
  for await (const { entry } of entries) {
    const text = readText(entry);
    if (text === null) problems.push(`an entry of "${log}" is torn`);
    else numbers.push(text);
  }
  return numbers;
}
