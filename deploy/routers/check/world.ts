import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startSandbox } from '../../../dist/sandbox/index.js';
import { startMembers } from '../../../examples/supergraph/members.ts';
import { type Children, makeFolder } from '../../../test/support/children.ts';
import { sendOperation } from '../../../test/support/graphql-client.ts';
import { startProductionService } from '../../../test/support/service-process.ts';
import { createSigner, createSigningKey, startIssuer } from '../../../test/support/tokens.ts';
import { type Front, startFront } from './front.ts';

type Sandbox = Awaited<ReturnType<typeof startSandbox>>;

export interface Answer {
  status: number;
  headers: Headers;
  data: Record<string, unknown> | null | undefined;
  errors: { message: string; path?: unknown; extensions?: Record<string, unknown> }[];
}

export const codesOf = ({ errors }: Answer): string[] =>
  errors.map(({ extensions }) =>
    typeof extensions?.code === 'string' ? extensions.code : 'no code',
  );

export interface AskOptions {
  /** Of acme's caller ada if omitted. Null: none. */
  token?: string | null;
  headers?: Readonly<Record<string, string>>;
}

export interface World {
  /** Through the router. */
  ask(query: string, variables?: object, options?: AskOptions): Promise<Answer>;
  /** The same at the subgraph itself. */
  askSubgraph(query: string, variables?: object): Promise<Answer>;
  toToken(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Of the tenant acme. */
  sandbox: Sandbox;
  front: Front;
  /** The router verifies tokens, and the subgraph does not. */
  isByClaims: boolean;
  /** Where the router finds the subgraphs, by name. */
  subgraphUrls: Readonly<Record<string, string>>;
  /** What the router needs in its environment. */
  variables: Readonly<Record<string, string>>;
  /** Replaces the subgraph by a new process, as a rolling restart does. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface WorldOptions {
  routerUrl: () => string;
  secret: string;
  isByClaims: boolean;
  ports: Readonly<Record<'badges' | 'members' | 'issuer', number>>;
}

/** Lists are read again, and rarely enough for the rate limit of a provider. */
const FRESH_SECONDS = 1;
const ENDPOINTS_GONE_MS = 500;

/** The subgraph with two tenants, the example's members, the providers' stand-ins and an issuer of tokens. */
export async function createWorld(children: Children, options: WorldOptions): Promise<World> {
  const { routerUrl, secret, isByClaims, ports } = options;
  const sandboxes = await startSandboxes();
  const key = await createSigningKey('check-key');
  // Some routers take no other keys.
  key.publicJwk.use = 'sig';
  const issuer = await startIssuer([key], { port: ports.issuer });
  const sign = createSigner(issuer);
  const toToken: World['toToken'] = (claims) =>
    sign(key, { claims: { tenant: 'acme', sub: 'ada', ...claims } });
  const members = await startMembers({ port: ports.members });
  const front = await startFront(ports.badges);

  const authentication = {
    AUTH_JWKS_URL: issuer.settings.jwksUrl,
    AUTH_ISSUER: issuer.settings.issuer,
    AUTH_AUDIENCE: issuer.settings.audience,
  };
  const env = {
    ...writeTenants(makeFolder(children), sandboxes),
    ROUTER_SECRET: secret,
    BADGES_FRESH_SECONDS: String(FRESH_SECONDS),
    BADGES_STALE_SECONDS: '0',
    CACHE_TAGS: 'true',
    ...(!isByClaims && authentication),
  };
  const start = () => startProductionService(children, env);
  let service = await start();
  const originOf = ({ url }: { url: string }): string => new URL(url).origin;
  front.add(originOf(service));

  return {
    sandbox: sandboxes.acme,
    front,
    isByClaims,
    subgraphUrls: { badges: front.url, members: members.url },
    variables: { ROUTER_SECRET: secret, ...(isByClaims && authentication) },
    toToken,
    async ask(query, variables = {}, { token, headers } = {}) {
      const shown = token === undefined ? await toToken() : token;
      const more = shown !== null && { authorization: `Bearer ${shown}` };
      return send(routerUrl(), { query, variables }, { ...headers, ...more });
    },
    async askSubgraph(query, variables = {}) {
      const caller = isByClaims
        ? { 'x-badges-tenant': 'acme', 'x-badges-actor': 'ada' }
        : { authorization: `Bearer ${await toToken()}` };
      const headers = { 'router-authorization': secret, ...caller };
      return send(service.url, { query, variables }, headers);
    },
    async restart() {
      const [old, next] = [service, await start()];
      front.add(originOf(next));
      service = next;
      const ending = old.end('SIGTERM');
      // Endpoints of a Service are removed a moment after the signal.
      setTimeout(() => front.remove(originOf(old)), ENDPOINTS_GONE_MS);
      await ending;
    },
    async close() {
      await service.end('SIGTERM');
      await front.close();
      await members.close();
      await issuer.close();
      await Promise.all(Object.values(sandboxes).map((sandbox) => sandbox.close()));
    },
  };
}

/** By tenant: acme as it is, bolt without badges of TagMango, and two whose TagMango fails. */
async function startSandboxes() {
  const [acme, bolt, down, slow] = [
    // Two processes at once, without Redis, may send more than one would.
    await startSandbox({ tagMango: { requestLimit: Infinity } }),
    await startSandbox(),
    await startSandbox(),
    await startSandbox(),
  ];
  bolt.tagMango.badges.clear();
  down.tagMango.faults.set('*', { kind: 'answer', status: 503 });
  slow.tagMango.faults.set('*', { kind: 'hang' });
  return { acme, bolt, down, slow };
}

/** The settings of a service with these tenants. Each has keys of its own, and only the first one looks up members. */
function writeTenants(
  folder: string,
  sandboxes: Readonly<Record<string, Sandbox>>,
): Record<string, string> {
  const secrets: Record<string, string> = {};
  const tenants = Object.entries(sandboxes).map(([tenant, { standIns, variables }], number) => {
    const settings = Object.entries(variables).flatMap(([name, value]): [string, unknown][] => {
      if (/_INTEGRATION_/.test(name) && number > 0) return [];
      if (!/_API_KEY$/.test(name)) return [[name, value]];
      const variable = `${tenant.toUpperCase()}_${name}`;
      const own = `${value}-${tenant}`;
      const isMain = [...standIns.values()].filter(({ keys }) => keys.has(value));
      isMain.forEach(({ keys }) => keys.add(own));
      secrets[variable] = isMain.length > 0 ? own : value;
      return [[name, { variable }]];
    });
    return [tenant, Object.fromEntries(settings)] as const;
  });
  const file = join(folder, 'tenants.yaml');
  writeFileSync(file, stringify({ tenants: Object.fromEntries(tenants) }));
  return { ...secrets, TENANTS_FILE: file };
}

async function send(
  url: string,
  operation: { query: string; variables: object },
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const { status, headers: received, text } = await sendOperation(url, operation, { headers });
  const { data, errors = [] } = toBody(text);
  return { status, headers: received, data, errors };
}

function toBody(text: string): { data?: Answer['data']; errors?: Answer['errors'] } {
  try {
    return JSON.parse(text) as ReturnType<typeof toBody>;
  } catch {
    return { errors: [{ message: text.slice(0, 200) }] };
  }
}
