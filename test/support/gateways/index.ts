import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type GatewayName =
  'hive' | 'hive-retrying' | 'hive-forwarding' | 'hive-desk' | 'apollo' | 'apollo-forwarding';

export interface RunningGateway {
  url: string;
  close(): Promise<void>;
}

const READY_WITHIN_MS = 20_000;

/** The gateway in a process of its own, so that its packages take no memory of the tests. */
export async function startGatewayProcess(
  name: GatewayName,
  supergraphSdl: string,
): Promise<RunningGateway> {
  const program = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const ended = once(child, 'exit');
  child.stdin.write(`${JSON.stringify(supergraphSdl)}\n`);

  const output = createInterface(child.stdout);
  const limit = AbortSignal.timeout(READY_WITHIN_MS);
  const first = await Promise.race([once(output, 'line', { signal: limit }), ended]);
  if (child.exitCode !== null) throw new Error(`the ${name} gateway ended:\n${complaints}`);
  const { url } = JSON.parse(String(first[0])) as { url: string };

  async function close(): Promise<void> {
    child.stdin.end();
    await ended;
  }
  return { url, close };
}
