import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Lock, type Manifest, readLock, readManifest } from './lock.ts';

// Prints what runs in production as CycloneDX, read from the lock alone.
// The work is that of `npm sbom`. Its own `--omit dev` also leaves out what development packages
// need too (npm/cli#7909), GraphQL itself among it. So npm is shown a lock without those packages.

interface Bom {
  components: { 'bom-ref': string }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/** npm takes the name of the project from that of the folder. */
function printBom(manifest: Manifest, lock: Lock): string {
  const parent = mkdtempSync(join(tmpdir(), 'sbom-'));
  try {
    const folder = join(parent, manifest.name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
    const flags = '--sbom-format cyclonedx --sbom-type application --package-lock-only';
    return execFileSync('npm', ['sbom', ...flags.split(' '), '--loglevel', 'error'], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  } finally {
    rmSync(parent, { recursive: true });
  }
}

function withoutDevelopment(lock: Lock): Lock {
  const packages = Object.entries(lock.packages)
    .filter(([, { dev }]) => dev !== true)
    .map(([path, { devDependencies, ...entry }]) => [path, entry] as const);
  return { ...lock, packages: Object.fromEntries(packages) };
}

/** npm 10 repeats a package that is installed in two folders, which CycloneDX forbids. */
function withoutRepeats<T extends Bom>(bom: T): T {
  const components = new Map(bom.components.map((one) => [one['bom-ref'], one]));
  const dependencies = [...Map.groupBy(bom.dependencies, ({ ref }) => ref)].map(([ref, same]) => ({
    ref,
    dependsOn: [...new Set(same.flatMap(({ dependsOn }) => dependsOn))],
  }));
  return { ...bom, components: [...components.values()], dependencies };
}

const { devDependencies, ...manifest } = readManifest();
const bom = JSON.parse(printBom(manifest, withoutDevelopment(readLock()))) as Bom;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  console.error('The list is incomplete, because its reader closed the pipe.');
  process.exit(1);
});
process.stdout.write(`${JSON.stringify(withoutRepeats(bom), null, 2)}\n`);
