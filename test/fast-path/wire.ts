import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

/** A caller that sends bytes as they are, over one connection as long as it is kept. */
export interface RawCaller {
  /** The bytes of one answer, as text of one byte a character, without what differs by itself. */
  ask(bytes: Buffer): Promise<string>;
  close(): void;
}

/** Comes before the answer to a request that expects it. */
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const ANSWER_MS = 20_000;

export function createRawCaller(url: string): RawCaller {
  const { hostname, port } = new URL(url);
  let socket: Socket | undefined;

  async function open(): Promise<Socket> {
    const opened = connect(Number(port), hostname);
    await once(opened, 'connect');
    opened.setNoDelay(true);
    opened.on('error', () => opened.destroy());
    opened.once('close', () => void (socket === opened && (socket = undefined)));
    socket = opened;
    return opened;
  }

  return {
    async ask(bytes) {
      const asked = socket ?? (await open());
      const answer = await readAnswer(asked, () => asked.write(bytes));
      if (/\r\nconnection: close\r\n/i.test(answer)) asked.destroy();
      if (asked.destroyed) socket = undefined;
      return withoutChance(answer);
    },
    close: () => socket?.destroy(),
  };
}

/** Up to its length, or up to the end of the connection. */
function readAnswer(socket: Socket, send: () => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const timer = setTimeout(() => end(new Error('No answer came')), ANSWER_MS);
    function end(error?: Error): void {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose);
      if (error) reject(error);
      else resolve(received);
    }
    const onClose = (): void => end();
    function onData(chunk: Buffer): void {
      received += chunk.toString('latin1');
      if (received.startsWith(CONTINUE)) received = received.slice(CONTINUE.length);
      if (isWhole(received)) end();
    }
    socket.on('data', onData).on('close', onClose);
    send();
  });
}

function isWhole(received: string): boolean {
  const split = received.indexOf('\r\n\r\n');
  if (split === -1) return false;
  const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(received.slice(0, split + 2)) ?? [];
  return length !== undefined && received.length >= split + 4 + Number(length);
}

const UUID = /[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}/g;

/** The time at which it was sent, and the id of a request that brought none. */
function withoutChance(answer: string): string {
  const split = answer.indexOf('\r\n\r\n');
  const head = answer.slice(0, split).replace(/\r\ndate: [^\r]*/i, '\r\nDate: now');
  const isNew = UUID.exec(head);
  UUID.lastIndex = 0;
  const whole = head + answer.slice(split);
  return isNew ? whole.replaceAll(isNew[0], '<new id>') : whole;
}
