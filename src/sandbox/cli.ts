import { parseArgs } from 'node:util';
import { helpText } from './help.ts';
import { startSandbox } from './index.ts';
import { UNREACHABLE_WAYS, startUnreachable, withBaseUrl } from './unreachable.ts';
import type { Unreachable, UnreachableWay } from './unreachable.ts';

export interface Cli {
  /** What to print once everything listens. */
  text: string;
  /** Undefined when nothing is left running. */
  close?: () => Promise<void>;
}

/** Does what a command line says. Throws when it says something else. */
export async function startCli(args: readonly string[]): Promise<Cli> {
  const { help, ports, ways } = readArgs(args);
  const sandbox = await startSandbox({
    returningAI: { port: ports.returningAI },
    tagMango: { port: ports.tagMango },
  });
  if (help) {
    const text = helpText(sandbox);
    await sandbox.close();
    return { text };
  }
  const returningAI = await leadAstray(sandbox.returningAI.variables, ways.returningAI);
  const tagMango = await leadAstray(sandbox.tagMango.variables, ways.tagMango);
  const variables = { ...returningAI.variables, ...tagMango.variables };
  return {
    text: Object.entries(variables)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
    async close() {
      await Promise.all([sandbox.close(), returningAI.close(), tagMango.close()]);
    },
  };
}

interface Args {
  help: boolean;
  ports: { returningAI: number; tagMango: number };
  /** Instead of the stand-in's own base URL. */
  ways: { returningAI: UnreachableWay | undefined; tagMango: UnreachableWay | undefined };
}

function readArgs(args: readonly string[]): Args {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      'returning-ai': { type: 'string', default: '0' },
      'returning-ai-at': { type: 'string' },
      'tag-mango': { type: 'string', default: '0' },
      'tag-mango-at': { type: 'string' },
    },
  });
  return {
    help: values.help,
    ports: { returningAI: toPort(values['returning-ai']), tagMango: toPort(values['tag-mango']) },
    ways: {
      returningAI: toWay(values['returning-ai-at']),
      tagMango: toWay(values['tag-mango-at']),
    },
  };
}

function toPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`${text} is no port`);
}

function toWay(text: string | undefined): UnreachableWay | undefined {
  const way = UNREACHABLE_WAYS.find((known) => known === text);
  if (text === undefined || way) return way;
  throw new Error(`${text} is no address; there are ${UNREACHABLE_WAYS.join(', ')}`);
}

type Variables = Readonly<Record<string, string>>;

async function leadAstray(
  variables: Variables,
  way: UnreachableWay | undefined,
): Promise<{ variables: Variables } & Pick<Unreachable, 'close'>> {
  if (!way) return { variables, close: async () => undefined };
  const { baseUrl, close } = await startUnreachable(way);
  return { variables: withBaseUrl(variables, baseUrl), close };
}
