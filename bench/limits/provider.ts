/**
 * A provider in a separate process, so that its work is not measured. Messages tell it how to respond; it sends its
 * origin first, and then confirms each message.
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
