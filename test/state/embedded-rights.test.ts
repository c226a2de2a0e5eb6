import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openState } from '../../src/state/open-state.ts';

let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'badges-rights-'));
  folder = join(parent, 'state');
});
afterEach(() => rmSync(parent, { recursive: true }));

/** What is told at a start on the folder. The store works, whatever it is. */
async function start(): Promise<string[]> {
  const warnings: string[] = [];
  const state = await openState({
    redisUrl: undefined,
    folder,
    now: () => performance.now(),
    wallTime: Date.now,
    log: { info: () => undefined, warn: (line) => warnings.push(line) },
  });
  await state.store.set('key', 'value');
  expect(await state.store.get('key')).toBe('value');
  const rights = readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o077);
  expect(warnings.length > 0 || rights.every((of) => of === 0)).toBe(true);
  await state.close();
  return warnings.map((line) => line.replaceAll(folder, 'FOLDER'));
}

test('a folder of its own is closed to others from the first moment, and nothing is told', async () => {
  expect(await start()).toEqual([]);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(await start()).toEqual([]);
});

test('a link in the place of the next marker leads no write elsewhere', async () => {
  await start();
  const victim = join(parent, 'victim');
  writeFileSync(victim, 'as it was');
  symlinkSync(victim, join(folder, 'state.marker.next'));
  expect(await start()).toEqual([]);
  expect(readFileSync(victim, 'utf8')).toBe('as it was');
  expect(lstatSync(join(folder, 'state.marker')).isFile()).toBe(true);
});

describe('files that others could use are closed to them, and that is told once:', () => {
  test.each(['644', '640', '604', '666', '660', '620', '611'])('with mode %s', async (octal) => {
    const mode = parseInt(octal, 8);
    await start();
    const files = readdirSync(folder).map((name) => join(folder, name));
    expect(files.length).toBeGreaterThan(1);
    files.forEach((file) => chmodSync(file, mode));

    const told = await start();
    expect(told.toSorted()).toEqual(
      files
        .map((file) => file.replace(folder, 'FOLDER'))
        .map(
          (file) =>
            `Other users of this machine could read or write ${file}. Their permissions were removed.`,
        )
        .toSorted(),
    );
    expect(files.map((file) => statSync(file).mode & 0o777)).toEqual(files.map(() => 0o600));
    expect(await start()).toEqual([]);
  });
});

test('files that are links are told, at each start', async () => {
  await start();
  for (const name of ['state.sqlite', 'owner.sqlite']) {
    renameSync(join(folder, name), join(parent, name));
    symlinkSync(join(parent, name), join(folder, name));
  }
  const told = ['state.sqlite', 'owner.sqlite'].map(
    (name) =>
      `FOLDER/${name} is a symbolic link, so others may have access to the state. Replace it with the file itself, or set STATE_DIR to the folder that contains the file.`,
  );
  expect((await start()).slice(0, 2)).toEqual(told);
  expect((await start()).slice(0, 2)).toEqual(told);
});

test('a file with a second name is told', async () => {
  await start();
  linkSync(join(folder, 'state.sqlite'), join(parent, 'other'));
  expect(await start()).toContain(
    'FOLDER/state.sqlite has a second name (a hard link), through which others may have access to it.',
  );
});

test('a folder in which others can write is told, and left as it is', async () => {
  mkdirSync(folder);
  for (const mode of [0o777, 0o775, 0o707]) {
    chmodSync(folder, mode);
    expect(await start()).toEqual([
      'Other users of this machine can write to FOLDER and could replace the state. Remove their write permission: chmod go-w FOLDER',
    ]);
    expect(statSync(folder).mode & 0o777).toBe(mode);
  }
  for (const mode of [0o755, 0o1777]) {
    chmodSync(folder, mode);
    expect(await start()).toEqual([]);
  }
});

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
if (!isRoot)
  console.log('Skipped: rights of files of another user, since only root can give files.');

(isRoot ? test : test.skip)(
  'files of another user are told, since their rights cannot be taken',
  () => {
    const file = join(folder, 'owner.sqlite');
    mkdirSync(folder);
    writeFileSync(file, '');
    chmodSync(file, 0o666);
    for (const path of [parent, folder]) chownSync(path, NOBODY, NOBODY);
    const module = new URL('../../src/state/sqlite/database.ts', import.meta.url).href;
    const script = `import { closeToOthers } from ${JSON.stringify(module)};
    console.log(closeToOthers({ folder: ${JSON.stringify(folder)} }).join('\\n'));`;
    const told = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      uid: NOBODY,
      gid: NOBODY,
      encoding: 'utf8',
    });
    expect(told.trim().replaceAll(folder, 'FOLDER')).toBe(
      'Other users of this machine can read or write FOLDER/owner.sqlite, and the service cannot change that (EPERM). Make the user that runs this service the owner of the file, and set its mode to 600.',
    );
  },
);
