import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Sandbox, startSandbox } from '../../dist/sandbox/index.js';
import { newBadge } from '../../dist/sandbox/tag-mango.js';
import { type Child, type Children, makeFolder } from '../../test/support/children.ts';
import {
  type ProductionService,
  startProductionService,
} from '../../test/support/service-process.ts';
import { MEMBER } from '../../test/long/tenants/badges.ts';

const HEAP_MB = 512;
const BADGES = 100;
/** The maximum length of a description. */
const DESCRIPTION = 'x'.repeat(9_990);
const BADGES_OF_MEMBER = 2_000;
const LOOK_EVERY_MS = 100;
const KB_OF_MB = 1_024;

export interface World {
  service: ProductionService;
  /** Resolves when the service ends by itself. */
  ended: Promise<void>;
  watchMemory(): { stop(): { startMB: number; mostMB: number } };
}

/** The service with the providers of two tenants, of which one has long texts and a member with very many badges. */
export async function startWorld(children: Children, dist: string): Promise<World> {
  const folder = makeFolder(children);
  const sandboxes = { acme: await startOwn('acme', true), bolt: await startOwn('bolt', false) };
  const tenantsFile = join(folder, 'tenants.yaml');
  const tenants = Object.fromEntries(
    Object.entries(sandboxes).map(([id, sandbox]) => [id, toSettings(id, sandbox)]),
  );
  writeFileSync(tenantsFile, stringify({ tenants }));
  const env = {
    MALLOC_ARENA_MAX: '2',
    NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}`,
    STATE_DIR: join(folder, 'state'),
    TENANTS_FILE: tenantsFile,
    acme_KEY: keyOf('acme'),
    bolt_KEY: keyOf('bolt'),
  };
  const service = await startProductionService(children, env, { script: join(dist, 'main.js') });
  return {
    service,
    ended: service.ended.then(() => undefined),
    watchMemory: () => watchMemory(service),
  };
}

const keyOf = (tenant: string) => `key-of-${tenant}`;

async function startOwn(tenant: string, hasMuch: boolean): Promise<Sandbox> {
  const count = hasMuch ? BADGES + BADGES_OF_MEMBER : BADGES;
  const at = new Date(Date.UTC(2024, 4, 31)).toISOString();
  const badges = Array.from({ length: count }, (_, number) => {
    const id = number.toString(16).padStart(24, '0');
    const isLong = hasMuch && number < BADGES;
    const description = isLong ? DESCRIPTION : 'Short.';
    return newBadge(id, { name: `Badge ${String(number).padStart(5, '0')}`, description }, at);
  });
  const sandbox = await startSandbox({ tagMango: { badges, requestLimit: Infinity } });
  const { keys, awards } = sandbox.tagMango;
  keys.clear();
  keys.add(keyOf(tenant));
  awards.set(MEMBER.id, new Set(badges.slice(BADGES).map(({ _id }) => _id)));
  return sandbox;
}

function toSettings(id: string, { variables }: Sandbox) {
  return {
    TAG_MANGO_BASE_URL: variables.TAG_MANGO_BASE_URL,
    TAG_MANGO_API_KEY: { variable: `${id}_KEY` },
    TAG_MANGO_WHITELABEL_HOST: variables.TAG_MANGO_WHITELABEL_HOST,
  };
}

/** The resident memory of the process. */
function watchMemory(child: Child) {
  const startMB = residentMB(child);
  let mostMB = startMB;
  const timer = setInterval(() => {
    if (!child.hasEnded()) mostMB = Math.max(mostMB, residentMB(child));
  }, LOOK_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return { startMB, mostMB };
    },
  };
}

function residentMB({ pid }: Child): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / KB_OF_MB;
}
