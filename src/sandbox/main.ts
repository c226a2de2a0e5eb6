import { parseArgs } from 'node:util';
import { startSandbox } from './index.ts';

const HELP = `Stand-ins for every provider, on this machine, with demo badges that change as you write.

  npm run sandbox                                    on free ports
  npm run sandbox -- --returning-ai 5101 --tag-mango 5102

It prints the variables that lead the service to it. Faults are switched for one operation, or for all of them with *:

  curl -X PUT ORIGIN/_sandbox/faults/listBadges -H 'content-type: application/json' -d '{"kind":"answer","status":503}'
  curl -X PUT ORIGIN/_sandbox/faults/updateBadge -H 'content-type: application/json' -d '{"kind":"reset","isApplied":true,"times":1}'
  curl -X PUT ORIGIN/_sandbox/faults/* -H 'content-type: application/json' -d '{"kind":"hang"}'
  curl ORIGIN/_sandbox/faults                        what is switched on
  curl -X DELETE ORIGIN/_sandbox/faults/all          all off

Kinds: answer (status, contentType, headers, body), hang, reset. With isApplied a write takes effect before its fault
shows; times says how many requests meet it. The operations are named in the contract.yaml of each stand-in.
`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' },
    'returning-ai': { type: 'string' },
    'tag-mango': { type: 'string' },
  },
});

if (values.help) {
  console.log(HELP);
} else {
  const sandbox = await startSandbox({
    returningAI: { port: Number(values['returning-ai'] ?? 0) },
    tagMango: { port: Number(values['tag-mango'] ?? 0) },
  });
  for (const [name, value] of Object.entries(sandbox.variables)) console.log(`${name}=${value}`);
  const stop = (): void => void sandbox.close().then(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
}
