import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { type Children } from '../../test/support/children.ts';
import { createClient } from '../../test/support/graphql-client.ts';
import { LIST } from '../../test/support/load-operations.ts';
import type { Sandbox } from '../../test/support/sandbox-process.ts';
import { startProductionService } from '../../test/support/service-process.ts';
import { OF_BASE } from './build.ts';
import { PATH, USER } from './container.ts';
import { CONTEXT } from './dockerfile.ts';

const WRITABLE_FOR_OTHERS = 0o002;
const BLOCK_BYTES = 512;

/** What is in the layer that should not be: development packages, and what the service could change. */
export function inspectLayer(layer: string): { megabytes: number; problems: string[] } {
  const paths = readdirSync(layer, { recursive: true, encoding: 'utf8' });
  const entries = paths
    .map((path) => ({ path: `/${path}`, entry: lstatSync(join(layer, path)) }))
    .filter(({ path }) => !OF_BASE.some((base) => path.startsWith(base)));
  const changeable = entries
    .filter(({ entry }) => !entry.isSymbolicLink() && !entry.isCharacterDevice())
    .filter(({ entry: { uid, mode } }) => uid === USER || (mode & WRITABLE_FOR_OTHERS) !== 0)
    .map(({ path }) => path);
  const blocks = entries.reduce((sum, { entry }) => sum + entry.blocks, 0);
  const unneeded = developmentPackages().filter((path) => paths.includes(join('app', path)));
  return {
    megabytes: (blocks * BLOCK_BYTES) / 2 ** 20,
    problems: [
      ...(changeable.join() === '/state'
        ? []
        : [
            `the user may change ${changeable.length} files, such as ${changeable.slice(0, 3).join(', ')}`,
          ]),
      ...unneeded.map((path) => `${path} is for development`),
    ],
  };
}

function developmentPackages(): string[] {
  const text = readFileSync(join(CONTEXT, 'package-lock.json'), 'utf8');
  const lock = z.object({
    packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })),
  });
  const { packages } = lock.parse(JSON.parse(text));
  return Object.keys(packages).filter((path) => packages[path]?.dev === true);
}

export interface InspectOptions {
  /** A script that starts the image. */
  node: string;
  sandbox: Sandbox;
  stateFolder: string;
  /** The command of HEALTHCHECK. */
  health: readonly string[];
}

/** A running container as its kernel and its HEALTHCHECK see it. */
export async function inspectProcess(
  children: Children,
  { node, sandbox, stateFolder, health }: InspectOptions,
): Promise<string[]> {
  const collector = await startCollector();
  const env = {
    ...sandbox.variables,
    STATE_DIR: stateFolder,
    PORT: await freePort(),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  };
  const service = await startProductionService(children, env, { script: 'dist/main.js', node });
  const pid = childOf(childOf(service.pid));
  const checkHealth = (): number | null => {
    const into = [
      '--target',
      pid,
      '--mount',
      '--root',
      '--wd',
      '--setuid',
      `${USER}`,
      '--setgid',
      `${USER}`,
    ];
    const options = { env: { PATH, PORT: env.PORT } };
    return spawnSync('nsenter', [...into, ...health], options).status;
  };
  const facts = { ...factsOf(pid), health: checkHealth() };
  const client = createClient(service.url, 1);
  await client.ask(LIST);
  await client.close();
  const { code } = await service.end('SIGTERM');
  await collector.close();
  const expected = {
    command: 'node',
    pid: '1',
    user: `${USER}`,
    capabilities: 0,
    newPrivileges: '1',
    root: 'ro',
    health: 0,
  };
  return [
    ...(JSON.stringify(facts) === JSON.stringify(expected)
      ? []
      : [`the process is ${JSON.stringify(facts)}, not ${JSON.stringify(expected)}`]),
    ...(collector.exports() > 0 ? [] : ['the collector has received no trace']),
    ...(code === 0 ? [] : [`SIGTERM to process 1 ends it with ${code}`]),
  ];
}

/** Counts the exports of traces. */
async function startCollector() {
  let exports = 0;
  const server = createHttpServer((request, response) => {
    if (request.url === '/v1/traces') exports += 1;
    request.resume().on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    exports: () => exports,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function childOf(pid: number | string): string {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
}

function factsOf(pid: string) {
  const status = new Map(
    readFileSync(`/proc/${pid}/status`, 'utf8')
      .split('\n')
      .map((line): [string, string[]] => {
        const [name = '', ...values] = line.split(/[:\s]+/);
        return [name, values];
      }),
  );
  const capabilities = ['CapEff', 'CapPrm', 'CapBnd', 'CapAmb'].map((name) =>
    parseInt(status.get(name)?.[0] ?? '', 16),
  );
  const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n');
  const root = mounts.map((line) => line.split(' ')).find(([, , , , at]) => at === '/');
  return {
    command: basename(readlinkSync(`/proc/${pid}/exe`)),
    pid: status.get('NSpid')?.at(-1),
    user: [...new Set(status.get('Uid'))].join(),
    capabilities: capabilities.reduce((sum, each) => sum + each, 0),
    newPrivileges: status.get('NoNewPrivs')?.[0],
    root: root?.[5]?.split(',')[0],
  };
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return String(port);
}
