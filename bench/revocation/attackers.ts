/** An attacking process without the secret. A message chooses the attack. It ends when it is disconnected. */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { constants, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Task {
  kind: 'pipelining' | 'expectations' | 'silence' | 'files';
  url: string;
  tenantsFile: string;
}

const AT_ONCE = 20_000;
const CONNECTIONS = 3;
/** On one machine a megabyte is sent in a millisecond, and copying it is not work of the service. */
const PAUSE_MS = 100;
const SILENT_CONNECTIONS = 1_500;
/** The size of an invalid tenants file, in bytes. */
const WRONG_BYTES = 127 * 1024;

// Real attackers use other machines, so this process must not slow the service down.
setPriority(constants.priority.PRIORITY_LOW);
process.once('disconnect', () => process.exit(0));
process.once('message', (task: Task) => void attack(task));

async function attack({ kind, url, tenantsFile }: Task): Promise<void> {
  switch (kind) {
    case 'pipelining':
      return overAll(
        CONNECTIONS,
        url,
        'GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(AT_ONCE),
      );
    case 'expectations':
      return overAll(
        CONNECTIONS,
        url,
        'POST /graphql HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n\r\n'.repeat(AT_ONCE),
      );
    case 'silence':
      return overAll(SILENT_CONNECTIONS, url, 'GET /graphql HTTP/1.1\r\nhost: a');
    case 'files':
      return writeWrongFiles(tenantsFile);
  }
}

/** Opens connections one after the other, `connections` at a time. */
async function overAll(connections: number, url: string, bytes: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const again = async (): Promise<void> => {
    for (;;) {
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      socket.resume().write(bytes);
      await new Promise((resolve) => socket.once('close', resolve));
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: connections }, again));
}

/** Writes another invalid file every 2.5 seconds, which is long enough for the service to read it. */
async function writeWrongFiles(file: string): Promise<void> {
  for (let round = 0; ; round += 1) {
    let text = 'tenants:\n';
    for (let index = 0; text.length < WRONG_BYTES; index += 1) text += `  w${round}-${index}: x\n`;
    writeFileSync(file, text);
    await sleep(2_500);
  }
}
