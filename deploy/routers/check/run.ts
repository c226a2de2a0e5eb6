import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { withChildren } from '../../../test/support/children.ts';
import { ROUTER_SECRET } from '../../../test/support/service-process.ts';
import { composeGraph } from '../compose.ts';
import {
  checkLostAnswer,
  checkMutation,
  checkOneOf,
  checkRecordedCaller,
  checkUserErrors,
  mutations,
} from './mutations.ts';
import { queries } from './queries.ts';
import {
  checkClientHeaders,
  checkEntities,
  checkPartialEntities,
  checkPartialList,
  checkQuery,
  checkRefusal,
  checkSlowProvider,
  checkTenants,
  refusals,
  tellCaching,
  tellRepeats,
} from './reads.ts';
import { checkRestarts } from './restart.ts';
import { type World, type WorldOptions, createWorld } from './world.ts';

const READY_WITHIN_MS = 120_000;
const LOOK_MS = 250;

export interface CheckOptions {
  /** Of the router. Undefined if a gateway is started. */
  url: string | undefined;
  gateway: string | undefined;
  isByClaims: boolean;
  /** Of the names of checks. */
  only: RegExp;
  restarts: number;
  ports: WorldOptions['ports'];
}

interface Check {
  name: string;
  /** Resolves with what it found, if that is of interest. Rejects if the router fails. */
  run: (world: World) => Promise<string | void>;
}

const toChecks = (restarts: number): Check[] => [
  { name: 'each caller sees the badges of its tenant', run: checkTenants },
  { name: 'headers of a client name no tenant and no secret', run: checkClientHeaders },
  ...queries.map((query) => ({
    name: `query: ${query.name}`,
    run: (world: World) => checkQuery(world, query),
  })),
  { name: 'entities: both types, in one request', run: checkEntities },
  ...mutations.map((mutation) => ({
    name: `mutation: ${mutation.name}`,
    run: (world: World) => checkMutation(world, mutation),
  })),
  { name: 'mutation: the record names the caller of the token', run: checkRecordedCaller },
  { name: 'errors: the path of a nested field reaches the client', run: checkUserErrors },
  { name: 'errors: an input with two providers, or none, is refused', run: checkOneOf },
  ...refusals.map((refusal) => ({
    name: `errors: ${refusal.name} is refused`,
    run: (world: World) => checkRefusal(world, refusal),
  })),
  { name: 'partial failure: a list without one provider', run: checkPartialList },
  { name: 'partial failure: entities without one provider', run: checkPartialEntities },
  {
    name: 'a provider that hangs: our error, not the time limit of the router',
    run: checkSlowProvider,
  },
  { name: 'a mutation whose answer is lost is not sent again', run: checkLostAnswer },
  { name: 'a query whose answer is lost', run: tellRepeats },
  { name: 'caching', run: tellCaching },
  { name: 'restarts under traffic', run: (world) => checkRestarts(world, restarts) },
];

async function startGateway(name: string, { subgraphUrls }: World) {
  const urls = Object.entries(subgraphUrls).map(([subgraph, url]) => `${subgraph}=${url}`);
  const settings = {
    supergraphSdl: await composeGraph({ urls }),
    routerSecret: ROUTER_SECRET,
    host: '127.0.0.1',
    port: 0,
  };
  if (name === 'hive') return (await import('../node-gateway/hive.ts')).startHive(settings);
  if (name === 'apollo') return (await import('../node-gateway/apollo.ts')).startApollo(settings);
  throw new Error(`--gateway must be hive or apollo, and is "${name}".`);
}

/** Resolves once the router has answered anything as GraphQL. */
async function untilReady(world: World): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const answer = await world.ask('{ __typename }').catch(() => undefined);
    if (answer?.data) return;
    if (Date.now() > deadline) throw new Error('The router does not answer { __typename }.');
    await sleep(LOOK_MS);
  }
}

/** The number of checks that failed. */
async function runChecks(world: World, checks: readonly Check[]): Promise<number> {
  let failed = 0;
  for (const { name, run } of checks) {
    try {
      const found = await run(world);
      console.log(`${styleText('green', 'ok    ')} ${name}${found ? `: ${found}` : ''}`);
    } catch (error) {
      failed += 1;
      const reason = error instanceof Error ? error.message : String(error);
      console.log(`${styleText('red', 'FAILED')} ${name}\n${reason.replace(/^/gm, '         ')}`);
    }
  }
  return failed;
}

/** Runs the checks, and returns the exit code. */
export async function checkRouter(options: CheckOptions): Promise<number> {
  const { gateway, isByClaims, only, restarts, ports } = options;
  let { url } = options;
  const checks = toChecks(restarts).filter(({ name }) => only.test(name));
  return withChildren(async (children) => {
    const world = await createWorld(children, {
      routerUrl: () => url ?? '',
      secret: ROUTER_SECRET,
      isByClaims,
      ports,
    });
    if (gateway !== undefined) {
      ({ url } = await startGateway(gateway, world));
    }
    showSettings(url ?? '', world);
    await untilReady(world);
    const failed = await runChecks(world, checks);
    await world.close();
    console.log(`\n${checks.length - failed} of ${checks.length} checks passed.`);
    return failed === 0 && checks.length > 0 ? 0 : 1;
  });
}

function showSettings(url: string, { variables }: World): void {
  const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  console.log(`The subgraph is running. Waiting for the router at ${url}, with these settings:

  ${settings.join(' ')}
`);
}
