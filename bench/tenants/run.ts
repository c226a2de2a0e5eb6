/**
 * Three tenants with the same badge ids, actors and idempotency keys, each with providers of its own that fail now
 * and then: node bench/tenants/run.ts --requests 100000 --seed 1 [--redis]
 * No answer, record, line of the log or kept value may hold anything of another tenant, and no fault of one may show
 * at another. With --redis, two processes share what they keep.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { type RedisClient, createRedisClient } from '../../dist/state/redis/client.js';
import { findRedis, startRedis } from '../../test/support/redis.ts';
import { conclude, createChildren } from '../support/children.ts';
import { makeFolder } from '../support/folder.ts';
import { toSize } from '../support/options.ts';
import { createRandom } from '../support/random.ts';
import { startService } from '../support/service.ts';
import { checkAudit, exportAudit } from './audit.ts';
import { createCheck } from './check.ts';
import { checkFronts, startCompany } from './company.ts';
import { checkHoldings } from './holdings.ts';
import { createLoad } from './load.ts';
import { watchLog } from './logs.ts';
import { TENANTS } from './marks.ts';
import { toFigures } from './report.ts';
import { checkLocks, checkState, keptInFolder, keptInRedis } from './state.ts';
import { playTroubles } from './troubles.ts';
import { createVersions } from './versions.ts';
import { createViolations } from './violations.ts';

const PROCESSES_ON_REDIS = 2;
const PROGRESS_MS = 5_000;
const LOCKS_MS = 200;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    redis: { type: 'boolean', default: false },
  },
});
const requests = toSize('requests', values.requests);
const random = createRandom(Number(values.seed));
const executable = values.redis ? findRedis() : undefined;
if (values.redis && executable === undefined) {
  console.log('Skipped: redis-server is not installed');
  process.exit(0);
}

const children = createChildren();
const violations = createViolations();
const companies = await Promise.all(TENANTS.map((id) => startCompany(id, violations)));
await checkFronts(companies, violations);

const redis = executable === undefined ? undefined : await startRedis(executable);
children.endWith(() => void redis?.stop());
const admin = redis && (await createRedisClient({ url: redis.url, onChange: () => undefined }));
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
  Array.from({ length: processes }, () => startService(children, env)),
);
services.forEach((service) => watchLog(service, companies, violations));

const versions = createVersions();
const load = createLoad({
  companies,
  urls: services.map(({ url }) => url),
  requests,
  versions,
  random,
  check: createCheck({ versions, violations }),
});
console.log(`${requests} requests, ${processes} processes, seed ${values.seed}`);
const begun = performance.now();
const progress = setInterval(showProgress, PROGRESS_MS);
let locks = 0;
const looks = admin && setInterval(() => void lookForLocks(admin), LOCKS_MS);
await load.prepare();
const end = new AbortController();
const troubles = playTroubles(companies, { random, signal: end.signal });
await load.run();
const seconds = (performance.now() - begun) / 1_000;
end.abort();
const played = await troubles;
await load.close();
clearInterval(progress);
clearInterval(looks);

const kept = await checkState(
  admin ? keptInRedis(admin) : keptInFolder(join(folder, 'state')),
  violations,
);
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

violations.details.forEach((detail) => console.log(`${detail}\n`));
const { figures, problems } = toFigures({
  seen: load.seen,
  companies,
  seconds,
  played,
  locks: admin && locks,
  kept,
  audited,
  violations: violations.counts,
});
if (problems.length > 0) console.log(`Again: --requests ${requests} --seed ${values.seed}`);
conclude(figures, problems);

async function lookForLocks(client: RedisClient): Promise<void> {
  locks += await checkLocks(client, violations);
}

function showProgress(): void {
  const at = ((performance.now() - begun) / 1_000).toFixed(0);
  const found = Object.values(violations.counts).reduce((sum, each) => sum + each, 0);
  const moods = companies.flatMap(({ id, mood }) => {
    const trouble = mood.trouble();
    return trouble === null ? [] : [`${id}: ${trouble}`];
  });
  const parts = [`${load.sent()} requests`, `${found} violations`, ...moods];
  console.log(`${at} s: ${parts.join(', ')}`);
}
