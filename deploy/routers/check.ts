/**
 * Checks a router in front of the badges subgraph: npm run routers:check -- --help
 * It needs dist/, which the npm script builds.
 */
import { parseArgs } from 'node:util';
import type { CheckOptions } from './check/run.ts';

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

function toPort(name: string, text: string): number {
  const port = Number(text);
  if (text !== '' && Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new Error(`--${name} must be a port, and is "${text}".`);
}

/** Undefined: the user asks for help. Throws with what is wrong. */
function readOptions(): CheckOptions | undefined {
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
  if (values.help) return undefined;
  const [url] = positionals;
  if ((url === undefined) === (values.gateway === undefined)) {
    throw new Error('Give the URL of a router, or --gateway. See --help.');
  }
  if (values.claims && values.gateway !== undefined) {
    throw new Error('The Node gateways do not verify tokens: leave out --claims.');
  }
  return {
    url,
    gateway: values.gateway,
    isByClaims: values.claims,
    only: new RegExp(values.only),
    restarts: Number(values.restarts),
    ports: {
      badges: toPort('badges-port', values['badges-port']),
      members: toPort('members-port', values['members-port']),
      issuer: toPort('issuer-port', values['issuer-port']),
    },
  };
}

async function main(): Promise<number> {
  const options = readOptions();
  if (!options) {
    console.log(HELP);
    return 0;
  }
  // Only now, since all that the checks need takes a second to load.
  const { checkRouter } = await import('./check/run.ts');
  return checkRouter(options);
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
