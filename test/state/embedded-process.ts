import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { NODE } from '../support/process.ts';

const STATE = join(import.meta.dirname, '../../src/state');

const PRELUDE = `
  import { createInterface } from 'node:readline';
  import { createEmbeddedStore, openEmbeddedLog } from '${STATE}/sqlite/store.ts';
  const [folder] = process.argv.slice(1);
  const print = (value) => console.log(JSON.stringify(value));
  const asked = createInterface({ input: process.stdin });
  const entriesOf = async (log) => {
    const entries = [];
    for await (const { entry } of log.readForward('log')) entries.push(entry);
    return entries;
  };
`;

const PROGRAMS = {
  /** Says that it owns the folder, and then each time asked what it wrote. */
  owner: `
    const store = createEmbeddedStore({ folder, now: Date.now });
    print('open');
    let written = 0;
    for await (const line of asked) {
      await store.append(['log'], String(++written));
      print(written);
    }`,
  /** Says how opening the folder went. */
  opener: `
    try {
      createEmbeddedStore({ folder, now: Date.now });
      print('open');
    } catch ({ name, kind, message }) {
      print({ name, kind, message });
    }
    process.exit();`,
  /** Says what the log holds, as a user who may write nothing here: no mode of a file keeps root from writing. */
  guest: `
    if (process.getuid() === 0) {
      process.setgroups([]);
      process.setgid(65534);
      process.setuid(65534);
    }
    const log = openEmbeddedLog({ folder });
    const entries = await entriesOf(log);
    await log.close();
    print(entries);
    process.exit();`,
  /** Says each time asked what the log holds. */
  reader: `
    const log = openEmbeddedLog({ folder });
    for await (const line of asked) print(await entriesOf(log));`,
};

export interface OtherProcess {
  /** Its next line of output. */
  says(): Promise<unknown>;
  ask(): Promise<unknown>;
  kill(): Promise<void>;
}

export function startOther(program: keyof typeof PROGRAMS, folder: string): OtherProcess {
  const child = spawn(
    NODE,
    ['--input-type=module', '--eval', PRELUDE + PROGRAMS[program], folder],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { NODE_NO_WARNINGS: '1' } },
  );
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const says = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`The ${program} ended`);
    return JSON.parse(value) as unknown;
  };
  return {
    says,
    ask() {
      child.stdin.write('\n');
      return says();
    },
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}
