import { parseArgs } from 'node:util';
import type { ParseArgsOptionsConfig } from 'node:util';
import { providers } from '../providers/index.ts';
import { helpText, toOption } from './help.ts';
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
  const sandbox = await startSandbox(ports);
  if (help) {
    const text = helpText(sandbox);
    await sandbox.close();
    return { text };
  }
  const led = await Promise.all(
    [...sandbox.standIns].map(([key, { variables }]) => leadAstray(variables, ways.get(key))),
  );
  return {
    text: led
      .flatMap(({ variables }) => Object.entries(variables))
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
    async close() {
      await Promise.all([sandbox, ...led].map((each) => each.close()));
    },
  };
}

interface Args {
  help: boolean;
  /** By the key of each provider. */
  ports: Record<string, { port: number }>;
  /** Instead of the stand-in's own base URL. */
  ways: ReadonlyMap<string, UnreachableWay | undefined>;
}

function readArgs(args: readonly string[]): Args {
  const options: ParseArgsOptionsConfig = { help: { type: 'boolean' } };
  for (const option of providers.map(toOption)) {
    options[option] = { type: 'string' };
    options[`${option}-at`] = { type: 'string' };
  }
  const { values } = parseArgs({ args: [...args], options });
  const given = (option: string): string | undefined => {
    const value = values[option];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    help: values.help === true,
    ports: Object.fromEntries(
      providers.map((each) => [each.key, { port: toPort(given(toOption(each)) ?? '0') }]),
    ),
    ways: new Map(
      providers.map((each) => [each.key, toWay(given(`${toOption(each)}-at`))] as const),
    ),
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
