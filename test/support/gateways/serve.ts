import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * The gateway process's half: the first line of its input is the supergraph, as JSON text; its address is the
 * first line of its output. It ends with its input, so that none outlives the test that started it.
 */
export async function serveSupergraph(
  start: (supergraphSdl: string) => Promise<{ url: string }>,
): Promise<void> {
  const input = createInterface(process.stdin);
  input.once('close', () => process.exit());
  const [line] = (await once(input, 'line')) as [string];
  const { url } = await start(JSON.parse(line) as string);
  console.log(JSON.stringify({ url }));
}
