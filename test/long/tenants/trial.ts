import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Children, makeFolder } from '../../support/children.ts';
import type { Finding } from '../../support/tally.ts';
import { createRandom } from '../../support/random.ts';
import { watchFastAnswers } from '../../support/fast-answers.ts';
import { type ProductionService, startProductionService } from '../../support/service-process.ts';
import { createRedisClient } from '../../../src/state/redis/client.ts';
import type { RedisServer } from '../../support/redis.ts';
import { checkAudit, exportAudit } from './audit.ts';
import { createCheck } from './check.ts';
import { type Company, checkFronts, startCompany } from './company.ts';
import { checkHoldings } from './holdings.ts';
import { type Load, createLoad } from './load.ts';
import { watchLog } from './logs.ts';
import { TENANTS } from './marks.ts';
import { toFigures } from './report.ts';
import { checkLocks, checkState, keptInFolder, keptInRedis } from './state.ts';
import { type Played, playTroubles } from './troubles.ts';
import { createVersions } from './versions.ts';
import { type Violations, createViolations } from './violations.ts';

const PROCESSES_ON_REDIS = 2;
const LOCKS_MS = 200;

export interface TrialOptions {
  requests: number;
  seed: number;
  /** With it, two processes share their state. */
  redis: RedisServer | undefined;
}

export interface TrialFinding extends Finding {
  /** The first of each kind, in full. */
  details: readonly string[];
}

interface World {
  companies: readonly Company[];
  services: readonly ProductionService[];
  violations: Violations;
  folder: string;
  env: Record<string, string>;
}

/**
 * Three tenants with the same badge ids, actors and idempotency keys, each with providers of its own that fail now
 * and then. No response, record, log line or stored value may contain data of another tenant, and no fault of one may
 * affect another.
 */
export async function tryTenants(
  children: Children,
  { requests, seed, redis }: TrialOptions,
): Promise<TrialFinding> {
  const random = createRandom(seed);
  const world = await startWorld(children, redis);
  const { companies, services, violations, folder, env } = world;
  const admin = redis && (await createRedisClient({ url: redis.url, onChange: () => undefined }));
  const versions = createVersions();
  const load = createLoad({
    companies,
    urls: services.map(({ url }) => url),
    requests,
    versions,
    random,
    check: createCheck({ versions, violations }),
  });
  const fastShare = watchFastAnswers(services);
  let locks = 0;
  const looking =
    admin &&
    setInterval(() => {
      void checkLocks(admin, violations).then((held) => (locks += held));
    }, LOCKS_MS);
  const { seconds, played } = await playLoad(load, companies, random);
  clearInterval(looking);

  const all = admin ? keptInRedis(admin) : keptInFolder(join(folder, 'state'));
  const kept = await checkState(all, violations);
  admin?.destroy();
  for (const service of services) {
    const { code } = await service.end('SIGTERM');
    if (code !== 0) violations.add('a process ended badly', String(code));
  }
  const records = await exportAudit({
    NODE_ENV: 'production',
    ROUTER_SECRET: 'any-of-16-letters',
    ...env,
  });
  const audited = checkAudit(records, companies, violations);
  checkHoldings(companies, violations);
  await Promise.all(companies.map((company) => company.close()));
  const finding = toFigures({
    seen: load.seen,
    companies,
    seconds,
    fastShare: fastShare(),
    played,
    locks: admin && locks,
    kept,
    audited,
    violations: violations.counts,
  });
  return { ...finding, details: violations.details };
}

async function startWorld(children: Children, redis: RedisServer | undefined): Promise<World> {
  const violations = createViolations();
  const companies = await Promise.all(TENANTS.map((id) => startCompany(id, violations)));
  await checkFronts(companies, violations);
  const folder = makeFolder(children);
  const tenantsFile = join(folder, 'tenants.yaml');
  const tenants = Object.fromEntries(companies.map(({ id, settings }) => [id, settings]));
  writeFileSync(tenantsFile, stringify({ tenants }));
  const processes = redis ? PROCESSES_ON_REDIS : 1;
  const env = {
    TENANTS_FILE: tenantsFile,
    ...Object.fromEntries(companies.flatMap(({ variables }) => Object.entries(variables))),
    ATTEMPT_TIMEOUT_MS: '1500',
    OPERATION_DEADLINE_MS: '5000',
    BADGES_FRESH_SECONDS: '3',
    REPLICAS: String(processes),
    ...(redis ? { REDIS_URL: redis.url } : { STATE_DIR: join(folder, 'state') }),
  };
  const services = await Promise.all(
    Array.from({ length: processes }, () => startProductionService(children, env)),
  );
  services.forEach((service) => watchLog(service, companies, violations));
  return { companies, services, violations, folder, env };
}

/** Sends all requests, with faults of one provider after the other. */
async function playLoad(
  load: Load,
  companies: readonly Company[],
  random: () => number,
): Promise<{ seconds: number; played: readonly Played[] }> {
  const begun = performance.now();
  await load.prepare();
  const end = new AbortController();
  const troubles = playTroubles(companies, { random, signal: end.signal });
  await load.run();
  const seconds = (performance.now() - begun) / 1_000;
  end.abort();
  const played = await troubles;
  await load.close();
  return { seconds, played };
}
