import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text as readText } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from '@jest/globals';
import { isProduction, lockedPackages, readLock, readManifest, root } from './lock.ts';

interface Component {
  'bom-ref': string;
  name: string;
  version: string;
  hashes: { alg: string; content: string }[];
  licenses?: ({ license: { id: string } } | { expression: string })[];
}

interface Bom {
  bomFormat: string;
  specVersion: string;
  metadata: { component: { 'bom-ref': string; name: string; type: string } };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

const manifest = readManifest();
const production = lockedPackages(readLock()).filter(isProduction);
const byRef = (one: { ref: string }, other: { ref: string }) => (one.ref < other.ref ? -1 : 1);

let bom: Bom;
beforeAll(async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['test/repository/print-sbom.ts'],
    { cwd: root, maxBuffer: 64 * 1024 * 1024 },
  );
  bom = JSON.parse(stdout) as Bom;
});

test('the list of what is shipped is CycloneDX, of this version of the service', () => {
  const { bomFormat, specVersion, metadata } = bom;
  expect({ bomFormat, specVersion }).toEqual({ bomFormat: 'CycloneDX', specVersion: '1.5' });
  expect(metadata.component).toMatchObject({
    'bom-ref': `${manifest.name}@${manifest.version}`,
    name: manifest.name,
    type: 'application',
  });
});

test('it has every production package of the lock and no other, once, with hash and licence', () => {
  const locked = production.map(({ name, version, integrity = '', license }) => ({
    ref: `${name}@${version}`,
    sha512: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex'),
    licence: license ?? 'none in the lock',
  }));
  const listed = bom.components.map(({ name, version, hashes, licenses: [licence] = [] }) => ({
    ref: `${name}@${version}`,
    sha512: hashes[0]?.content,
    licence: licence && ('license' in licence ? licence.license.id : licence.expression),
  }));
  const lockedOnce = [...new Map(locked.map((one) => [one.ref, one])).values()];
  expect(listed.sort(byRef)).toEqual(lockedOnce.sort(byRef));
});

test('it tells what depends on what, from our own dependencies on', () => {
  const refs = [bom.metadata.component, ...bom.components].map((one) => one['bom-ref']);
  expect(bom.dependencies.map(({ ref }) => ref).sort()).toEqual([...refs].sort());
  expect(new Set(bom.dependencies.flatMap(({ dependsOn }) => dependsOn))).toEqual(
    new Set(bom.components.map((one) => one['bom-ref'])),
  );
  const ours = bom.dependencies.find(({ ref }) => ref === bom.metadata.component['bom-ref']);
  const direct = Object.entries(manifest.dependencies).map(
    ([name, version]) => `${name}@${version}`,
  );
  expect(ours?.dependsOn.sort()).toEqual(direct.sort());
});

test('a reader that wants only the beginning gets no stack trace', async () => {
  const child = spawn(process.execPath, ['test/repository/print-sbom.ts'], { cwd: root });
  child.stdout.destroy();
  const [said, [code]] = await Promise.all([
    readText(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  expect([code, said]).toEqual([
    1,
    'The list is incomplete, because its reader closed the pipe.\n',
  ]);
});
