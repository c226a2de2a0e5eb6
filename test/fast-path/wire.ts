import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

/** A caller that sends bytes as they are, over one connection as long as it is kept. */
export interface RawCaller {
  /**
   * The bytes of the answers to so many requests, sent at once, as text of one byte a character and without what differs
   * by itself. Fewer if the server ends the connection.
   */
  ask(bytes: Buffer, requests?: number): Promise<string>;
  close(): void;
}

/** Comes before the answer to a request that expects it, and belongs to it here. */
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
    async ask(bytes, requests = 1) {
      const asked = socket ?? (await open());
      const answers = await readAnswers(asked, requests, () => asked.write(bytes)).catch(
        (cause: unknown) => {
          throw new Error(`${url} gave no answer to ${bytes.toString('latin1')}`, { cause });
        },
      );
      if (answers.length < requests || answers.some(isLast)) asked.destroy();
      if (asked.destroyed) socket = undefined;
      return answers.map(withoutChance).join('\n');
    },
    close: () => socket?.destroy(),
  };
}

/** Each up to its length, or up to the end of the connection. */
function readAnswers(socket: Socket, requests: number, send: () => void): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const answers: string[] = [];
    let received = '';
    const timer = setTimeout(
      () => end(new Error(`Only came: ${answers.join('')}${received}`)),
      ANSWER_MS,
    );
    function end(error?: Error): void {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose);
      if (error) reject(error);
      else resolve(received === '' ? answers : [...answers, received]);
    }
    const onClose = (): void => end();
    function onData(chunk: Buffer): void {
      received += chunk.toString('latin1');
      for (let length = lengthOf(received); length !== undefined; length = lengthOf(received)) {
        answers.push(received.slice(0, length));
        received = received.slice(length);
      }
      if (answers.length === requests) end();
    }
    socket.on('data', onData).on('close', onClose);
    send();
  });
}

/** Of the first answer. Undefined: it is not whole. */
function lengthOf(received: string): number | undefined {
  const start = received.startsWith(CONTINUE) ? CONTINUE.length : 0;
  const split = received.indexOf('\r\n\r\n', start);
  if (split === -1) return undefined;
  const head = received.slice(start, split + 2);
  const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(head) ?? [];
  const end = split + 4 + Number(length);
  return length !== undefined && received.length >= end ? end : undefined;
}

const isLast = (answer: string): boolean => /\r\nconnection: close\r\n/i.test(answer);

const UUID = /[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}/g;

/** The time at which it was sent, and the id of a request that brought none. */
function withoutChance(answer: string): string {
  if (answer.startsWith(CONTINUE)) return CONTINUE + withoutChance(answer.slice(CONTINUE.length));
  const split = answer.indexOf('\r\n\r\n');
  const head = answer.slice(0, split).replace(/\r\ndate: [^\r]*/i, '\r\nDate: now');
  const isNew = UUID.exec(head);
  UUID.lastIndex = 0;
  const whole = head + answer.slice(split);
  return isNew ? whole.replaceAll(isNew[0], '<new id>') : whole;
}
