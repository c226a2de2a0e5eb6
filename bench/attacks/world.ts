import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, type Children, makeFolder } from '../../test/support/children.ts';
import { startSandbox } from '../../test/support/sandbox-process.ts';
import { startProductionService } from '../../test/support/service-process.ts';
import { type Callers, type ListeningFork, startCallers, startListening } from './forks.ts';
import { AUDIENCE, type Tokens, createTokens } from './tokens.ts';
import { type Usage, readUsage } from './usage.ts';

/** A service in production mode with two tenants, and its environment. */
export interface World {
  service: Child;
  origin: string;
  tokens: Tokens;
  issuer: ListeningFork;
  /** Of the tenant that attacks. A sandbox stands for that of the other. */
  provider: ListeningFork;
  callers: Record<'attacker' | 'other' | 'health', Callers>;
  /** The usage since the last call. */
  takeUsages(): Usage[];
  /** Bytes of the service's log. */
  logBytes(): number;
  /** Of its state. */
  stateFolder: string;
  end(): Promise<void>;
}

/** Ten times as long as between two lines of it. */
const SILENT_MS = 1_000;
const INSIDE = join(import.meta.dirname, 'inside.ts');

export async function startWorld(
  children: Children,
  { dist, freshSeconds }: { dist: string; freshSeconds: number },
): Promise<World> {
  const folder = makeFolder(children);
  const stateFolder = join(folder, 'state');
  const issuer = await startListening(children, 'issuer.ts');
  const tokens = await createTokens(issuer.origin);
  await issuer.tell({ mood: 'good', keys: tokens.publicKeys });
  const provider = await startListening(children, 'hostile-provider.ts');
  const sandbox = await startSandbox(children);

  const env = {
    MALLOC_ARENA_MAX: '2',
    STATE_DIR: stateFolder,
    BADGES_FRESH_SECONDS: String(freshSeconds),
    AUTH_JWKS_URL: `${issuer.origin}/jwks.json`,
    AUTH_ISSUER: issuer.origin,
    AUTH_AUDIENCE: AUDIENCE,
    ...writeTenants(folder, {
      other: sandbox.variables,
      attacker: toHostile(provider.origin),
    }),
  };
  const service = await startProductionService(children, env, {
    script: join(dist, 'main.js'),
    nodeArgs: ['--import', INSIDE],
  });
  let usages: Usage[] = [];
  let logged = 0;
  let toldAt = performance.now();
  service.onLine((line) => {
    const usage = readUsage(line);
    if (usage) {
      usages.push(usage);
      toldAt = performance.now();
    } else logged += line.length + 1;
  });
  const callers = {
    attacker: startCallers(children),
    other: startCallers(children),
    health: startCallers(children),
  };
  return {
    service,
    origin: new URL(service.url).origin,
    tokens,
    issuer,
    provider,
    callers,
    takeUsages() {
      const silentMs = performance.now() - toldAt;
      // Its event loop is blocked, so it cannot report that.
      const silence = silentMs > SILENT_MS ? [{ stallMs: silentMs, busyMs: silentMs, rss: 0 }] : [];
      const taken = [...usages, ...silence];
      usages = [];
      return taken;
    },
    logBytes: () => logged,
    stateFolder,
    async end() {
      if (!service.hasEnded()) await service.end('SIGKILL');
      Object.values(callers).forEach((each) => each.end());
      issuer.end();
      provider.end();
      await sandbox.end();
    },
  };
}

function toHostile(origin: string): Record<string, string> {
  return {
    RETURNING_AI_BASE_URL: origin,
    RETURNING_AI_API_KEY: 'key-of-a-benchmark',
    TAG_MANGO_BASE_URL: origin,
    TAG_MANGO_API_KEY: 'other-key-of-a-benchmark',
    TAG_MANGO_WHITELABEL_HOST: 'attacker.example',
  };
}

/** Their secrets stand in variables. */
function writeTenants(
  folder: string,
  tenants: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Record<string, string> {
  const env: Record<string, string> = {};
  const settings = Object.entries(tenants).map(([id, variables]) => {
    const own = Object.entries(variables).map(([name, value]) => {
      if (!/_KEY$/.test(name)) return [name, value] as const;
      const variable = `${id}_${name}`.toUpperCase();
      env[variable] = value;
      return [name, { variable }] as const;
    });
    return [id, Object.fromEntries(own)] as const;
  });
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'tenants.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ tenants: Object.fromEntries(settings) }));
  return { ...env, TENANTS_FILE: file };
}
