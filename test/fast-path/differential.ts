import { pick } from '../support/random.ts';
import { type PoolOptions, createRequestPool } from './requests.ts';
import { createRawCaller } from './wire.ts';
import { type World, type WorldOptions, startWorld } from './world.ts';

export interface Difference {
  request: string;
  fast: string;
  full: string;
}

export interface Finding {
  requests: number;
  /** The share that was answered fast. */
  share: number;
  /** The first of them. */
  differences: Difference[];
  writes: number;
  outages: number;
  /** Lines of the log about faults. */
  faults: Record<string, unknown>[];
}

export interface Trial extends WorldOptions, Pick<PoolOptions, 'authorizations' | 'secret'> {
  requests: number;
  random: () => number;
}

const MAX_DIFFERENCES = 3;
const WARN_LEVEL = 40;

/** Sends the same requests to a server with the fast path and to one without, and compares every byte. */
export async function compareWays({ requests, random, ...options }: Trial): Promise<Finding> {
  const world = await startWorld(options);
  const [fast, full] = [createRawCaller(world.fast), createRawCaller(world.full)];
  const { returningAI, tagMango } = world.sandbox;
  const ids = {
    ReturningAIBadge: [...returningAI.badges.keys()],
    TagMangoBadge: [...tagMango.badges.keys()],
  };
  const finding: Finding = {
    requests,
    share: 0,
    differences: [],
    writes: 0,
    outages: 0,
    faults: [],
  };
  const { secret, authorizations: [authorization] = [] } = options;
  const writer = {
    ...(secret !== undefined && { 'router-authorization': secret }),
    ...(authorization !== undefined && { authorization }),
  };
  const original = [toRestore(returningAI.badges), toRestore(tagMango.badges)];
  const cursors = ['nowhere'];
  const pool = createRequestPool({ ...options, random, ids, cursors });
  /** Whether what one way answers before the body comes, the other one does too. */
  async function areHeadsSame(request: Buffer): Promise<boolean> {
    const ofFull = await full.askHead(request, HEAD_MS);
    return ofFull === undefined || ofFull === (await fast.askHead(request, MOST_MS));
  }
  try {
    for (let at = 0; at < requests && finding.differences.length < MAX_DIFFERENCES; at += 1) {
      await live(world, { random, finding, writer, original });
      await world.warm();
      if (at % CURSORS_EVERY === 0) await addCursors(cursors, world.full, writer);
      const sent = [pool.next()];
      // Some come together on one connection.
      if (random() < 0.04) sent.push(pool.next(), pool.next());
      const kept = sent.filter(keepsConnection);
      const [together, request] =
        kept.length > 1 ? [kept.length, Buffer.concat(kept)] : [1, sent[0] ?? Buffer.alloc(0)];
      // Which is asked first must make no difference.
      const isFastFirst = random() < 0.5;
      const cuts = random() < 0.05 ? toCuts(request, random) : [];
      const first = await (isFastFirst ? fast : full).ask(request, together, cuts);
      const second = await (isFastFirst ? full : fast).ask(request, together, cuts);
      const [ofFast, ofFull] = isFastFirst ? [first, second] : [second, first];
      const isSame = ofFast === ofFull && (random() > 0.03 || (await areHeadsSame(request)));
      if (isSame) continue;
      finding.differences.push({ request: request.toString('latin1'), fast: ofFast, full: ofFull });
    }
  } finally {
    finding.share = world.usage().fast / requests;
    finding.faults = world.log.filter(({ level }) => Number(level) >= WARN_LEVEL);
    fast.close();
    full.close();
    await world.close();
  }
  return finding;
}

const HEAD_MS = 20;
const MOST_MS = 10_000;

/** Places at which a request is cut into parts: mostly few, at times very many, and its end byte by byte. */
function toCuts(request: Buffer, random: () => number): number[] {
  const length = random() < 0.1 ? 300 : 3;
  const anywhere = Array.from({ length }, () => Math.floor(random() * request.length));
  const atEnd = Array.from({ length: 30 }, (_, at) => Math.max(0, request.length - at));
  return random() < 0.7 ? anywhere : atEnd;
}

/** What ends the connection, for which a caller must wait before it sends more. */
const ENDS =
  /^[^\r]* HTTP\/1\.0\r|\r\nConnection:|\x7f|\r\n(?:Content-Length|Transfer-Encoding):[^]*\r\nContent-Length:/i;
const keepsConnection = (request: Buffer): boolean =>
  !ENDS.test(request.subarray(0, request.indexOf('\r\n\r\n')).toString('latin1'));

const NAMES = ['Zoë', '🏅 "gold"', 'a\\b', '\u2028', 'Ordinary', '𝒳', '\ud83d', '</script>'];
const WAITS = [0, 0, 0, 0, 7, 150, 600];
const DOWN = { kind: 'answer', status: 503 } as const;
/** Of a provider that is down, that rejects this service, or that answers something else. */
const FAULTS = [
  ...Array.from({ length: 6 }, () => DOWN),
  { kind: 'answer', status: 401 },
  { kind: 'answer', status: 200, body: { nothing: true } },
] as const;

interface Life {
  random: () => number;
  finding: Finding;
  /** Headers of a caller who may write. */
  writer: Record<string, string>;
  /** Gives a provider the records back that it had at the beginning. */
  original: readonly (() => void)[];
}

/** Time passes, badges change at the providers and through the service, and providers fail and come back. */
async function live(world: World, { random, finding, writer, original }: Life): Promise<void> {
  const { sandbox } = world;
  world.pass(pick(WAITS, random));
  if (random() < 0.01) world.pass(pick([31_000, 61_000, 400_000], random));
  if (random() < 0.01) {
    const badge = pick([...sandbox.tagMango.badges.values()], random);
    sandbox.tagMango.badges.set(badge._id, { ...badge, name: pick(NAMES, random) });
    const other = pick([...sandbox.returningAI.badges.values()], random);
    sandbox.returningAI.badges.set(other.id, { ...other, title: pick(NAMES, random) });
  }
  if (random() < 0.01) changeRecords(world, random);
  if (random() < 0.003) world.correct(pick([-90_000, 1_500, 3_600_000], random));
  if (random() < 0.01) {
    finding.writes += 1;
    const id = pick([...sandbox.tagMango.badges.keys()], random);
    await rename(world.full, { id, name: `Renamed ${finding.writes}`, writer });
  }
  if (random() < 0.004) {
    finding.outages += 1;
    const standIn = pick([sandbox.tagMango, sandbox.returningAI], random);
    standIn.faults.set('listBadges', pick(FAULTS, random));
    if (random() < 0.8) world.pass(31_000);
  }
  if (random() < 0.01) original.forEach((restore) => restore());
  // Short ones: every read of a list that was never had waits a while for the provider.
  if (random() < 0.05) {
    sandbox.tagMango.faults.clear();
    sandbox.returningAI.faults.clear();
    world.pass(1_100);
  }
}

/** Values that cannot be read, that JSON or GraphQL writes in another way, or that take many bytes. */
const ODD_VALUES: readonly object[] = [
  { name: 7 },
  { name: null },
  { description: 'é"\\\n'.repeat(400) },
  { description: null },
  { imageUrl: 'javascript:alert(1)' },
  { pointsThreshold: 0.1 },
  { pointsThreshold: 1e21 },
  { pointsThreshold: -0 },
  { createdAt: '2020-02-30T00:00:00Z' },
  { createdAt: '2020-02-29T23:59:59.1234567+14:00', updatedAt: null },
  {
    automationEnabledMangoes: Array.from({ length: 90 }, (_, at) =>
      at.toString(16).padStart(24, '0'),
    ),
  },
  { creator: null },
  { title: 7 },
  { title: '', quantity: '2147483648' },
  { quantity: '-1', attachRequired: 'perhaps' },
  { image: 'https://[', action: '\u0000' },
];
/** Such ids come and go, so that some are those of records in both of their states. */
const NEW_IDS = ['0'.repeat(24), 'f'.repeat(23) + '0'];
const MANY = 150;

/** Records become unreadable and readable again, appear, are there twice, or disappear; and at times there are many. */
function changeRecords({ sandbox }: World, random: () => number): void {
  const change = <B extends object>(badges: Map<string, B>, idField: string): void => {
    const [key, badge] = pick([...badges], random);
    const odd = Object.assign({}, badge, pick(ODD_VALUES, random));
    const kind = random();
    if (kind < 0.5) badges.set(key, odd);
    else if (kind < 0.6 && badges.size > 3) badges.delete(key);
    else if (kind < 0.7) badges.set(`${key} twice`, odd);
    else if (kind < 0.85) {
      const id = pick(NEW_IDS, random);
      badges.set(id, Object.assign({}, badge, { [idField]: id }));
    } else if (kind < 0.9 && badges.size < MANY)
      for (let at = 0; at < MANY; at += 1) {
        const id = at.toString(16).padStart(24, 'e');
        badges.set(id, Object.assign({}, badge, { [idField]: id, name: `Many ${at % 50}` }));
      }
    else for (const id of [...badges.keys()].slice(12)) badges.delete(id);
  };
  if (random() < 0.6) change(sandbox.tagMango.badges, '_id');
  else change(sandbox.returningAI.badges, 'id');
}

function toRestore<B>(badges: Map<string, B>): () => void {
  const before = [...badges];
  return () => {
    badges.clear();
    for (const [key, badge] of before) badges.set(key, badge);
  };
}

/** Of the first pages in all orders, of both tenants. */
const CURSORS_QUERY = `query($f: BadgeOrderField!, $d: OrderDirection!) {
  badges(first: 12, orderBy: { field: $f, direction: $d }) { edges { cursor } }
}`;
const CURSORS_EVERY = 300;
const MAX_CURSORS = 300;

/** Old ones stay for a while. */
async function addCursors(
  cursors: string[],
  url: string,
  headers: Record<string, string>,
): Promise<void> {
  for (const f of ['NAME', 'CREATED_AT', 'UPDATED_AT', 'ID']) {
    for (const [d, tenant] of [
      ['ASC', 'default'],
      ['DESC', 'second'],
    ]) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-badges-tenant': tenant ?? '',
          ...headers,
        },
        body: JSON.stringify({ query: CURSORS_QUERY, variables: { f, d } }),
      });
      const found = [...(await response.text()).matchAll(/"cursor":"([^"]+)"/g)];
      cursors.unshift(...found.map(([, cursor = '']) => cursor));
    }
  }
  cursors.splice(MAX_CURSORS);
}

async function rename(
  url: string,
  { id, name, writer }: { id: string; name: string; writer: Record<string, string> },
): Promise<void> {
  const query =
    'mutation($i: UpdateBadgeInput!) { updateBadge(input: $i) { userErrors { message } } }';
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...writer },
    body: JSON.stringify({ query, variables: { i: { tagMango: { id, name } } } }),
  });
  if (response.status !== 200) throw new Error(`A write was answered with ${response.status}`);
}
