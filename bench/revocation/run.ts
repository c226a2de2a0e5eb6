/**
 * Measures the effects of attackers and invalid settings, and how soon a revocation takes effect, with a thousand tenants:
 * node bench/revocation/run.ts --seconds 10 --tenants 1000
 * Other processes send 20,000 requests at a time without the secret on three connections, open connections that say
 * nothing, and write wrong files of tenants; probes and another tenant are to be answered meanwhile. Then, while all
 * that goes on, a secret of the router and two tenants are revoked: each must be out within 5 s.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createChildren } from '../../test/support/children.ts';
import { conclude, toSize } from '../support/command.ts';
import { startAttack } from './attack.ts';
import { observe, warmUp } from './observe.ts';
import { msUntilRefused } from './until.ts';
import { createWorld, toTenants } from './world.ts';

const MAX_REVOCATION_MS = 5_000;
const MAX_P99_MS = 100;
const MAX_GROWTH_MB = 64;
/** By then an invalid file is in place and has been read. */
const UNTIL_WRONG_MS = 3_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    tenants: { type: 'string', default: '1000' },
  },
});
const forMs = toSize('seconds', values.seconds) * 1_000;
const size = toSize('tenants', values.tenants);

const children = createChildren();
const world = await createWorld(children, size);
const figures: (readonly [string, string])[] = [];
const problems: string[] = [];

await warmUp(world);
const before = await observe(world, forMs);
figures.push(
  ['in peace: tenant, probes', before.shown],
  ['memory', `${before.mostMb.toFixed(0)} MB`],
);

for (const kind of ['pipelining', 'expectations', 'silence', 'files'] as const) {
  const attack = startAttack(children, { kind, world });
  const seen = await observe(world, forMs);
  await attack.end();
  world.writeTenants(toTenants(world, []));
  report(`during ${kind}`, seen);
}

const attacks = (['pipelining', 'files'] as const).map((kind) =>
  startAttack(children, { kind, world }),
);
const [pipelining, files] = attacks;
const observing = observe(world, 3 * forMs);
await sleep(UNTIL_WRONG_MS);
world.writeSecrets(['second', 'third']);
await revoked('the secret of the router', 401, { secret: 'first', tenant: 't1' });
await files?.end();
world.writeTenants(`${toTenants(world, ['t1'])}  wrong: x\n`);
await revoked('a tenant, in a wrong file', 403, { secret: 'second', tenant: 't1' });
world.writeTenants(toTenants(world, ['t1', 't2']));
await revoked('a tenant, in a good file', 403, { secret: 'second', tenant: 't2' });
report('during all of them', await observing);
await pipelining?.end();

if (world.service.hasEnded()) problems.push('the service has ended');
figures.push(['longest line of the log', `${world.longestLine()} characters`]);
conclude(figures, problems);

async function revoked(
  what: string,
  status: number,
  as: { secret: string; tenant: string },
): Promise<void> {
  const ms = await msUntilRefused(world.service.url, { ...as, status });
  figures.push([`${what} is out after`, `${(ms / 1_000).toFixed(1)} s`]);
  if (!(ms < MAX_REVOCATION_MS)) problems.push(`${what} was not out within 5 s`);
}

function report(when: string, { grownMb, ...seen }: typeof before): void {
  figures.push(
    [`${when}: tenant, probes`, seen.shown],
    [`${when}: memory`, `+${grownMb.toFixed(0)} MB, ${seen.mostMb.toFixed(0)} MB in all`],
  );
  for (const [who, p99] of Object.entries(seen.p99)) {
    if (!(p99 < MAX_P99_MS)) problems.push(`${when}, p99 of ${who} was ${p99.toFixed(0)} ms`);
  }
  if (seen.failures > 0)
    problems.push(`${when}, ${seen.failures} were not answered as they should be`);
  if (!(grownMb < MAX_GROWTH_MB)) problems.push(`${when}, memory grew by ${grownMb.toFixed(0)} MB`);
}
