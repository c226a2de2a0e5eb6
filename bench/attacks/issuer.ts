/** The issuer of the clients' tokens in a separate process. Messages tell it how to respond. */
import { type ServerResponse, createServer } from 'node:http';

export type IssuerMood = 'good' | 'flood' | 'down' | 'unusable key';

export interface IssuerTask {
  mood: IssuerMood;
  keys: readonly object[];
}

const FLOOD_BYTES = 150 * 1024 * 1024;
const CHUNK = Buffer.alloc(64 * 1024, ' ');
/** Its curve does not have such a point. */
const UNUSABLE = { kty: 'EC', crv: 'P-256', kid: 'unusable', alg: 'ES256', x: 'AAAA', y: 'AAAA' };

let task: IssuerTask = { mood: 'down', keys: [] };
let asked = 0;

const server = createServer((_request, response) => {
  asked += 1;
  const { mood, keys } = task;
  if (mood === 'down') return response.destroy();
  response.writeHead(200, { 'content-type': 'application/json' });
  if (mood === 'flood') return flood(response, FLOOD_BYTES);
  const published = mood === 'good' ? keys : [...keys, UNUSABLE];
  return response.end(JSON.stringify({ keys: published }));
});

/** As fast as it is read. */
function flood(response: ServerResponse, left: number): void {
  if (left <= 0) return void response.end();
  if (response.destroyed) return;
  const next = (): void => flood(response, left - CHUNK.length);
  if (response.write(CHUNK)) setImmediate(next);
  else response.once('drain', next);
}

process.once('disconnect', () => process.exit(0));
process.on('message', (message: IssuerTask | 'asked') => {
  if (message === 'asked') return process.send?.(asked);
  task = message;
  return process.send?.('done');
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
