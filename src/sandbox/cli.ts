import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { hostOf } from '../http/hosts.ts';
import { providers } from '../providers/index.ts';
import type { Provider } from '../providers/provider.ts';
import { ALTERATIONS, BEHAVIOURS } from './behaviour.ts';
import { KINDS, PRESET_NAMES } from './faults.ts';
import { type Sandbox, startSandbox } from './index.ts';

/** Ways in which a connection fails: faults of an address instead of an operation. */
export const UNREACHABLE_WAYS = ['refused', 'unresolvable', 'bad-tls'] as const;
export type UnreachableWay = (typeof UNREACHABLE_WAYS)[number];

export interface Unreachable {
  /** Without a trailing slash. */
  baseUrl: string;
  close: () => Promise<void>;
}

export async function startUnreachable(way: UnreachableWay): Promise<Unreachable> {
  switch (way) {
    case 'refused':
      // An unassigned port. A free one could be taken by another process.
      return { baseUrl: 'http://127.0.0.1:4', close: async () => undefined };
    case 'unresolvable':
      // A reserved name, which never resolves.
      return { baseUrl: 'http://badges.invalid', close: async () => undefined };
    case 'bad-tls':
      return startBadTls();
  }
}

/** The variables of a provider with its base URLs replaced. */
export function withBaseUrl(
  variables: Readonly<Record<string, string>>,
  baseUrl: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      name.endsWith('_BASE_URL') ? baseUrl : value,
    ]),
  );
}

/** A server without a certificate, with which no handshake succeeds. */
async function startBadTls(): Promise<Unreachable> {
  const server = createTlsServer();
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await listen(server);
  return {
    baseUrl: `https://127.0.0.1:${port}`,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const WIDTH = 118;
const PUT = 'curl -X PUT -H content-type:application/json ORIGIN/_sandbox';

/** The name of a provider on the command line, in lower case. */
function toOption({ name: { enumValue } }: Provider): string {
  return enumValue.toLowerCase().replaceAll('_', '-');
}

/** The help text. */
function helpText({ standIns }: Sandbox): string {
  const options = providers.map((provider) => `--${toOption(provider)}`);
  const behaviours = [...standIns.values()].map((standIn) => standIn.behaviours);
  return `Stand-ins for every provider on this machine, with demo badges that change as you write.

  npm run sandbox -- ${options.map((option, index) => `${option} ${5101 + index}`).join(' ')}    without a port: a free one
  npm run sandbox -- ${options.at(-1)}-at refused                  an address that cannot be reached:
                                                             ${UNREACHABLE_WAYS.join(', ')}; also with
                                                             ${options
                                                               .slice(0, -1)
                                                               .map((option) => `${option}-at`)
                                                               .join(', ')}

It prints the variables that point the service to the stand-ins. ORIGIN below is http://127.0.0.1 with the port of one
of their base URLs. Faults are set for one operation, or for all with *, by name or by kind. With times they apply to
that many requests. With isApplied a write takes effect before its fault. --host NAME lets others connect.
  ${PUT}/faults/listBadges -d '{"name":"too-many","times":3}'
  ${PUT}/faults/updateBadge -d '{"kind":"reset","isApplied":true}'
  ${PUT}/faults/'*' -d '{"kind":"records","change":"no-ids"}'
  curl ORIGIN/_sandbox/faults                       the faults that are set
  curl -X DELETE ORIGIN/_sandbox/faults/listBadges  removes one; all removes every fault
  curl ORIGIN/_sandbox/arrivals                     number of requests, and maximum in any 10 s; DELETE resets it
  curl ORIGIN/_sandbox                              the following lists, as JSON

${wrap(`Names: ${PRESET_NAMES.join(', ')}`, 0)}
Kinds, with their options and defaults:
${list(KINDS)}
Behaviour that differs from the provider's documentation, until it is changed again; DELETE restores the default:
  ${PUT}/behaviour -d '{"alters":[{"kind":"trim"}]}'
${list(Object.assign({}, BEHAVIOURS, ...behaviours) as Record<string, string>)}
${wrap(`Alterations of all fields of a suitable type, or of those in fields: ${Object.values(ALTERATIONS).join('; ')}`, 0)}
${operationsOf(standIns)}
`;
}

function operationsOf(standIns: Sandbox['standIns']): string {
  return providers
    .map(({ key, name: { title } }) => {
      const operations = [...(standIns.get(key)?.operations ?? [])];
      return wrap(`Operations of ${title}: ${operations.join(', ')}`, 0);
    })
    .join('\n');
}

/** One or more lines for each name. */
function list(texts: Readonly<Record<string, string>>): string {
  return Object.entries(texts)
    .map(([name, text]) => `  ${name.padEnd(10)}${wrap(text, 12).trimStart()}`)
    .join('\n');
}

/** Wraps lines at `WIDTH` characters, between words. */
function wrap(text: string, indent: number): string {
  const blank = ' '.repeat(indent);
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (indent + line.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => blank + line).join('\n');
}

export interface Cli {
  /** The text to print once everything listens. */
  text: string;
  /** Undefined if nothing is left running. */
  close?: () => Promise<void>;
}

/** Runs the command line. Throws for invalid options. */
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
  ports: Record<string, { port: number; hostName: string | undefined }>;
  /** Replaces the base URL of the stand-in. */
  ways: ReadonlyMap<string, UnreachableWay | undefined>;
}

function readArgs(args: readonly string[]): Args {
  const options: ParseArgsOptionsConfig = { help: { type: 'boolean' }, host: { type: 'string' } };
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
      providers.map((each) => [
        each.key,
        { port: toPort(given(toOption(each)) ?? '0'), hostName: toHostName(given('host')) },
      ]),
    ),
    ways: new Map(
      providers.map((each) => [each.key, toWay(given(`${toOption(each)}-at`))] as const),
    ),
  };
}

function toPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`${text} is not a port`);
}

function toHostName(text: string | undefined): string | undefined {
  if (text === undefined || hostOf(text) === text) return text;
  throw new Error(`${text} is not a host name in lower case and without a port`);
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
