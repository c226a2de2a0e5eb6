/**
 * A provider in a process of its own, so that its work is not taken for ours. Told by messages what to answer from now
 * on; tells its origin first, and then when it has understood.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** By the method of the request. */
export type Answers = Readonly<Partial<Record<string, { status?: number; body: string }>>>;

let answers: Answers = {};

const server = createServer((request, response) => {
  const { status = 200, body } = answers[request.method ?? ''] ?? { status: 404, body: '{}' };
  request.resume().once('end', () => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.(`http://127.0.0.1:${port}`);
});
process.on('message', (next: Answers) => {
  answers = next;
  process.send?.('understood');
});
process.once('disconnect', () => process.exit(0));
