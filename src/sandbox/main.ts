import { parseArgs } from 'node:util';
import { startSandbox } from './index.ts';

const HELP = `Stand-ins for every provider, on this machine, with demo badges that change as you write.

  npm run sandbox                                    on free ports
  npm run sandbox -- --returning-ai 5101 --tag-mango 5102

It prints the variables that lead the service to it; ORIGIN below is that of a base URL among them. Faults are switched for one operation, or for all of them with *:

  curl -X PUT ORIGIN/_sandbox/faults/listBadges -H 'content-type: application/json' -d '{"kind":"answer","status":503}'
  curl -X PUT ORIGIN/_sandbox/faults/updateBadge -H 'content-type: application/json' -d '{"kind":"reset","isApplied":true,"times":1}'
  curl -X PUT 'ORIGIN/_sandbox/faults/*' -H 'content-type: application/json' -d '{"kind":"hang"}'
  curl ORIGIN/_sandbox/faults                        what is switched on
  curl -X DELETE ORIGIN/_sandbox/faults/all          all off

Kinds: answer (status, contentType, headers, body), hang, reset. With isApplied a write takes effect before its fault
shows; times says how many requests meet it. The operations are named in the contract.yaml of each stand-in.
`;

try {
  await run();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error('npm run sandbox -- --help shows how it is used.');
  process.exit(1);
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean' },
      'returning-ai': { type: 'string', default: '0' },
      'tag-mango': { type: 'string', default: '0' },
    },
  });
  if (values.help) return console.log(HELP);
  const sandbox = await startSandbox({
    returningAI: { port: toPort(values['returning-ai']) },
    tagMango: { port: toPort(values['tag-mango']) },
  });
  for (const [name, value] of Object.entries(sandbox.variables)) console.log(`${name}=${value}`);
  const stop = (): void => void sandbox.close().then(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

function toPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`${text} is no port`);
}
