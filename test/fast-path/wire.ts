import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';

/** A caller that sends bytes as they are, over one connection as long as it is kept. */
export interface RawCaller {
  /**
   * The bytes of the answers to so many requests, sent at once or cut into parts at these places, as text of one byte a
   * character and without what differs by itself. Fewer if the server ends the connection.
   */
  ask(bytes: Buffer, requests?: number, cuts?: readonly number[]): Promise<string>;
  /**
   * The same for one request of which only the head is sent, over a connection of its own. Undefined: there is no answer
   * after so many milliseconds.
   */
  askHead(bytes: Buffer, waitMs: number): Promise<string | undefined>;
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
    async ask(bytes, requests = 1, cuts = []) {
      const asked = socket ?? (await open());
      let sent: Promise<void> | undefined;
      const send = (): void => void (sent = sendParts(asked, bytes, cuts));
      const answers = await readAnswers(asked, requests, send).catch((cause: unknown) => {
        throw new Error(`${url} gave no answer to ${bytes.toString('latin1')}`, { cause });
      });
      // It may have been answered before its last part.
      await sent;
      if (answers.length < requests || answers.some(isLast)) asked.destroy();
      if (asked.destroyed) socket = undefined;
      return answers.map(withoutChance).join('\n');
    },
    async askHead(bytes, waitMs) {
      const asked = connect(Number(port), hostname);
      asked.on('error', () => asked.destroy());
      await once(asked, 'connect');
      const head = bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 4);
      try {
        const send = (): void => void asked.write(head);
        const answers = await Promise.race([
          readAnswers(asked, 1, send),
          pause(waitMs, undefined, { ref: false }),
        ]);
        return answers?.map(withoutChance).join('\n');
      } finally {
        asked.destroy();
      }
    },
    close: () => socket?.destroy(),
  };
}

/** Each part in a packet of its own. */
async function sendParts(socket: Socket, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  let start = 0;
  for (const cut of cuts.toSorted((one, other) => one - other)) {
    socket.write(bytes.subarray(start, cut));
    start = cut;
    await turn();
  }
  socket.write(bytes.subarray(start));
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
