import { setTimeout as pause } from 'node:timers/promises';
import type { Moment, Plan, ReadPlan } from './plan.ts';
import type { Replica, World } from './world.ts';

/** Counts over all rounds, which show that all expected cases occur. */
export interface Counted {
  writes: number;
  reads: number;
  /** Reads in progress when the write was answered. */
  readsInFlight: number;
  /** Those of them whose list was read before the write and answered after it. */
  lateLists: number;
  violations: string[];
}

/** How long a read that is to be held may take to reach the provider; else it waits for another replica's. */
const ARRIVAL_MS = 20;

/** One write among reads. Every read that starts after its response must show the new name. */
export async function playRound(
  world: World,
  { plan, name, counted }: { plan: Plan; name: string; counted: Counted },
): Promise<void> {
  const { replicas } = world;
  const pending = new Set<Promise<unknown>>();

  async function begin(replica: Replica, { releaseAt, isSlow }: ReadPlan): Promise<void> {
    const { front } = replica;
    const heldBefore = front.held();
    front.isHolding = releaseAt !== null;
    const reading = replica.read().finally(() => pending.delete(reading));
    pending.add(reading);
    if (releaseAt !== null) {
      const patience = performance.now() + ARRIVAL_MS;
      while (front.held() === heldBefore && pending.has(reading) && performance.now() < patience) {
        await pause(1);
      }
      front.isHolding = false;
    }
    if (isSlow) await world.endTickets();
  }

  async function reach(moment: Moment): Promise<void> {
    for (const [index, replica] of replicas.entries()) {
      const read = plan.replicas[index]?.read;
      if (read?.releaseAt === moment) replica.front.release();
      if (read?.beginAt === moment) await begin(replica, read);
    }
  }

  async function look(when: string): Promise<void> {
    const shown = await Promise.all(replicas.map((replica) => replica.read()));
    for (const [index, names] of shown.entries()) {
      counted.reads += 1;
      if (names.every((found) => found === name)) continue;
      counted.violations.push(
        `${name}: replica ${index} shows ${names.join(' and ')} ${when}: ${JSON.stringify(plan)}`,
      );
    }
  }

  await prepare();
  await reach('before');
  const writer = replicas[plan.writer];
  if (!writer) throw new Error('There is no such replica');
  writer.front.hooks = { sent: () => reach('sent'), applied: () => reach('applied') };
  await writer.rename(name);
  counted.writes += 1;
  counted.readsInFlight += pending.size;
  for (const { front } of replicas) counted.lateLists += front.held();

  // Responses released now arrive during the reads that start now.
  await Promise.all([look('at once'), reach('answered')]);
  await reach('read');
  replicas.forEach(({ front }) => front.release());
  counted.reads += pending.size;
  await Promise.all(pending);
  await look('after all that was late');
  for (const { front, link } of replicas) {
    front.hooks = { sent: async () => undefined, applied: async () => undefined };
    link.delayMs = 0;
  }

  async function prepare(): Promise<void> {
    // Removes the list from all replicas.
    await replicas[0]?.rename(`Before ${name}`);
    counted.writes += 1;
    for (const [index, replica] of replicas.entries()) {
      const { local, delayMs } = plan.replicas[index] ?? { local: 'cold', delayMs: 0 };
      if (local !== 'cold') await replica.read();
      if (local === 'stale') replica.age();
      replica.link.delayMs = delayMs;
    }
    if (!plan.isShared) await world.forgetShared();
  }
}
