/**
 * The providers' stand-ins with as many badges of each as the first argument says. In a process of their own: in that
 * of the client they would stand still while it sends. With as many tenants as the second argument says, each with keys
 * of its own. Prints the settings of a service that uses them, and where to ask how long each call took.
 */
import { once } from 'node:events';
import diagnostics from 'node:diagnostics_channel';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startSandbox } from '../../dist/sandbox/index.js';
import { newBadge } from '../../dist/sandbox/tag-mango.js';

const count = Number(process.argv[2]);
const numbers = Array.from({ length: count }, (_, number) => number);
const WORDS = ['Hall', 'of', 'Fame', 'First', 'Message', 'Quiz', 'Master', 'Helping', 'Hand'];
const text = (number: number, words: number) =>
  Array.from({ length: words }, (_, at) => WORDS[(number * 7 + at * 5) % WORDS.length]).join(' ');
const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0');
const at = (number: number) => new Date(Date.UTC(2024, 0, 1) + number * 3_723_375).toISOString();

const { variables, standIns } = await startSandbox({
  returningAI: {
    badges: numbers.map((number) => ({
      id: `84845081-98fd-46f3-96aa-${hex(number, 12)}`,
      title: `${text(number, 3)} ${number}`,
      action: 'custom',
      quantity: number % 50,
      image: `https://images.example/badges/${number}.png`,
      description: text(number, 8 + (number % 9)),
      darkImage: '',
      lightImage: '',
      enabledDarkAndLight: false,
      award: number % 2 === 0,
      awardCurrency: false,
      awardXpQuantity: number,
      awardCurrencyQuantity: 0,
      attachRequired: number % 3 === 0,
    })),
  },
  tagMango: {
    requestLimit: Infinity,
    badges: numbers.map((number) =>
      newBadge(
        `6657092c8142bfe${hex(number, 9)}`,
        {
          name: `${text(number + 4, 3)} ${number}`,
          description: text(number, 8 + (number % 7)),
          imageUrl: `https://images.example/mangoes/${number}.png`,
          enableAutomation: number % 2 === 0,
          pointsThreshold: number % 2 === 0 ? number * 10 : null,
          pointCategoryForAutomation: number % 2 === 0 ? 'lifetime' : null,
        },
        at(number),
      ),
    ),
  },
});
for (let tenant = 0; tenant < Number(process.argv[3] ?? 0); tenant += 1) {
  for (const [key, { keys }] of standIns) keys.add(`key-${key}-${tenant}`);
}

/** Milliseconds from the head of each call to the end of its answer, since they were last asked for. */
let times: number[] = [];
const begun = new WeakMap<IncomingMessage, number>();
diagnostics.subscribe('http.server.request.start', (message) => {
  begun.set((message as { request: IncomingMessage }).request, performance.now());
});
diagnostics.subscribe('http.server.response.finish', (message) => {
  const { request } = message as { request: IncomingMessage };
  const from = begun.get(request) ?? NaN;
  if (!/^\/(_sandbox|times)/.test(request.url ?? '')) times.push(performance.now() - from);
});
const clockServer = createServer((_request, response) => {
  response.end(JSON.stringify(times));
  times = [];
}).listen(0, '127.0.0.1');
await once(clockServer, 'listening');
console.log(`CALL_TIMES_URL=http://127.0.0.1:${(clockServer.address() as AddressInfo).port}/times`);

const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
console.log(lines.join('\n'));
