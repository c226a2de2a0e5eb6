import { z } from 'zod';
import {
  type ContractNode,
  childOf,
  itemsOf,
  markSeen,
  readContractLines,
} from '../../src/check/contract.ts';

const seenFileSchema = z.object({
  format: z.literal(1),
  day: z.iso.date(),
  providers: z.array(
    z.object({
      host: z.string(),
      contract: z.string().regex(/^[\w-]+\/contract\.yaml$/),
      operations: z.array(
        z.object({
          lines: z.array(
            z.object({
              seen: z.string().nullable(),
              drift: z.array(z.string()),
              pointer: z.string().nullable(),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** A stand-in proves nothing about a provider. */
const LOOPBACK = /^(localhost|127\.|\[::1\])/;

/** The contract files, by name, with every line marked that was seen to hold. Throws for what was seen of a stand-in. */
export function markSeenLines(
  seenFile: string,
  readContract: (name: string) => string,
): Map<string, { text: string; count: number }> {
  const { day, providers } = seenFileSchema.parse(JSON.parse(seenFile));
  const marked = new Map<string, { text: string; count: number }>();
  for (const { host, contract, operations } of providers) {
    if (LOOPBACK.test(host)) throw new Error(`${host} is a stand-in, and no provider`);
    const text = marked.get(contract)?.text ?? readContract(contract);
    const root = readContractLines(text);
    const lines = text.split('\n');
    const numbers = new Set(
      operations
        .flatMap((operation) => operation.lines)
        .filter(({ seen, drift }) => seen !== null && drift.length === 0)
        .flatMap(({ pointer }) => (pointer === null ? [] : lineOf(root, pointer))),
    );
    for (const number of numbers) lines[number - 1] = markSeen(lines[number - 1] ?? '', day);
    marked.set(contract, { text: lines.join('\n'), count: numbers.size });
  }
  return marked;
}

/** A line that the file has no more is passed over. */
function lineOf(root: ContractNode, pointer: string): number[] {
  const names = pointer.split('/').slice(1);
  const node = names
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<ContractNode | undefined>(
      (at, name) => childOf(at, name) ?? itemsOf(at)[Number(name)],
      root,
    );
  return node ? [node.line] : [];
}
