/**
 * Checks a router in front of the badges subgraph: npm run routers:check -- --help
 * It needs dist/, which the npm script builds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, styleText } from 'node:util';
import { withChildren } from '../../test/support/children.ts';
import { ROUTER_SECRET } from '../../test/support/service-process.ts';
import {
  checkLostAnswer,
  checkMutation,
  checkOneOf,
  checkRecordedCaller,
  checkUserErrors,
  mutations,
} from './check/mutations.ts';
import { queries } from './check/queries.ts';
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
} from './check/reads.ts';
import { checkRestarts } from './check/restart.ts';
import { type World, createWorld } from './check/world.ts';
import { composeFiles } from './compose.ts';

const READY_WITHIN_MS = 120_000;
const LOOK_MS = 250;
const HELP = `Usage: npm run routers:check -- <url> [options]
       npm run routers:check -- --gateway hive|apollo [options]

Checks that a router serves the badges subgraph as its clients need it: 13 queries, entities, every mutation, the
caller, errors, partial failure, lost answers, and restarts of the subgraph under traffic. It starts the subgraph on
the sandbox, the members subgraph of the example, and an issuer of tokens, and waits up to two minutes for the router.

  1. npm run supergraph:compose
  2. Start this command with the URL at which the router will be.
  3. Start the router, with the settings that this command prints.

Options:
  --gateway <name>        starts a Node gateway with the configuration of deploy/routers/node-gateway instead
  --claims                the router verifies tokens (claims.yaml), and the subgraph does not
  --only <pattern>        only checks whose name matches this regular expression
  --restarts <number>     how often the subgraph is replaced under traffic (3)
  --badges-port <port>    where the router finds the badges subgraph (4001)
  --members-port <port>   where it finds the members subgraph (4002)
  --issuer-port <port>    where the keys of the issuer are (4003)
                          With --gateway, a port of 0 takes any free one.
  --help                  shows this text

It ends with 0 if every check passed, otherwise with 1.`;

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
  const files = await composeFiles({ urls });
  const settings = {
    supergraphSdl: files['supergraph.graphql'] ?? '',
    routerSecret: ROUTER_SECRET,
    host: '127.0.0.1',
    port: 0,
  };
  if (name === 'hive') return (await import('./node-gateway/hive.ts')).startHive(settings);
  if (name === 'apollo') return (await import('./node-gateway/apollo.ts')).startApollo(settings);
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

function toPort(name: string, text: string): number {
  const port = Number(text);
  if (text !== '' && Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new Error(`--${name} must be a port, and is "${text}".`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      gateway: { type: 'string' },
      claims: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      restarts: { type: 'string', default: '3' },
      'badges-port': { type: 'string', default: '4001' },
      'members-port': { type: 'string', default: '4002' },
      'issuer-port': { type: 'string', default: '4003' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  let [url] = positionals;
  if ((url === undefined) === (values.gateway === undefined)) {
    throw new Error('Give the URL of a router, or --gateway. See --help.');
  }
  if (values.claims && values.gateway !== undefined) {
    throw new Error('The Node gateways do not verify tokens: leave out --claims.');
  }
  const ports = {
    badges: toPort('badges-port', values['badges-port']),
    members: toPort('members-port', values['members-port']),
    issuer: toPort('issuer-port', values['issuer-port']),
  };
  const only = new RegExp(values.only);
  const checks = toChecks(Number(values.restarts)).filter(({ name }) => only.test(name));
  const isByClaims = values.claims;
  return withChildren(async (children) => {
    const world = await createWorld(children, {
      routerUrl: () => url ?? '',
      secret: ROUTER_SECRET,
      isByClaims,
      ports,
    });
    if (values.gateway !== undefined) {
      ({ url } = await startGateway(values.gateway, world));
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

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
