import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { answerParserError } from '../../src/server/errors.ts';

/** The client does not take what is written until the test says so. */
class SlowSocket extends Socket {
  readonly written: string[] = [];
  #go: (() => void) | undefined;

  override _write(chunk: unknown, _encoding: BufferEncoding, go: () => void): void {
    this.written.push(String(chunk));
    this.#go = go;
  }

  override _final(ended: () => void): void {
    ended();
  }

  letThrough(): void {
    this.#go?.();
  }
}

let socket: SlowSocket;
beforeEach(() => {
  socket = new SlowSocket();
  socket.on('error', () => undefined);
});
afterEach(() => void socket.destroy());

function errorOf(code: string): Error {
  return Object.assign(new Error('Parse Error'), { code });
}

test('the answer to the first bytes that are not HTTP is still sent when more of them follow', () => {
  const rejections: number[] = [];
  const options = {
    connections: { isAnswering: () => false },
    onRejection: ({ status }: { status: number }) => void rejections.push(status),
  };
  for (const code of ['HPE_HEADER_OVERFLOW', 'HPE_INVALID_METHOD', 'HPE_INVALID_METHOD']) {
    answerParserError(errorOf(code), socket, options);
  }
  socket.letThrough();
  expect(socket.destroyed).toBe(false);
  expect(rejections).toEqual([431]);
  expect(socket.written).toEqual([expect.stringMatching(/^HTTP\/1\.1 431 /)]);
});
