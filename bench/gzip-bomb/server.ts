/** Sends `/small`, an answer as any other, and `/bomb`, 1 MB of gzip that inflates to 100 MB. Prints its port and the bomb's bytes. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

const BOMB_BYTES = 100_000_000;
/** A blank that is hard to foretell in each so many bytes: without them it would compress to a tenth of what is wanted. */
const NOISE_EVERY_BYTES = 256;

/** An empty JSON array with a great many blanks in it. */
function makeBomb(): Buffer {
  const body = Buffer.alloc(BOMB_BYTES, ' ');
  let noise = 1;
  for (let at = 0; at < BOMB_BYTES; at += NOISE_EVERY_BYTES) {
    noise = (Math.imul(noise, 1_103_515_245) + 12_345) >>> 0;
    body.write('\n', at + ((noise >>> 16) % NOISE_EVERY_BYTES));
  }
  body.write('[', 0);
  body.write(']', BOMB_BYTES - 1);
  return gzipSync(body);
}

const answers: Readonly<Record<string, Buffer>> = {
  '/small': gzipSync('{"ok":true}'),
  '/bomb': makeBomb(),
};
const server = createServer(({ url = '' }, response) => {
  const body = answers[url];
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  response.writeHead(body ? 200 : 404, headers).end(body);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ port, bombBytes: answers['/bomb']?.length }));
});
