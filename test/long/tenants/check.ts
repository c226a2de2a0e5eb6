import {
  type AnswerBody,
  badgesIn,
  changesIn,
  codesIn,
  unmarkedChanges,
  unmarkedIn,
} from './answer.ts';
import { BADGES, MEMBER } from './badges.ts';
import type { Answer } from '../../support/graphql-client.ts';
import { type TenantId, foreignIn } from './marks.ts';
import type { Planned } from './requests.ts';
import type { Versions } from './versions.ts';
import type { Violations } from './violations.ts';

export interface Exchange {
  tenant: TenantId;
  planned: Planned;
  heard: Pick<Answer, 'status' | 'text'>;
  body: AnswerBody;
  /** The tenant's providers had no faults during the request and for a while before it. */
  isWell: boolean;
}

/** Codes that only a fault of a provider can cause. */
const OF_TROUBLE = [
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_TIMEOUT',
  'PROVIDER_AUTH_FAILED',
  'PROVIDER_RATE_LIMITED',
  'OUTCOME_UNKNOWN',
  'IDEMPOTENCY_IN_PROGRESS',
  'WRITE_IN_PROGRESS',
];

export interface CheckOptions {
  versions: Versions;
  violations: Violations;
}

/** Checks every response for data of other tenants. */
export function createCheck({ versions, violations }: CheckOptions) {
  const entries = new Map<string, TenantId>();
  /** Keys that were sent during faults: their outcomes may be returned later. */
  const unsure = new Set<string>();

  return (exchange: Exchange): void => {
    const { tenant, planned, heard, body, isWell } = exchange;
    const report = (kind: string, what: string): void => {
      const { operation, actor, variables } = planned;
      const asked = `${operation} by ${actor} ${JSON.stringify(variables)}`;
      violations.add(kind, `${tenant}: ${what}\n  asked ${asked}\n  got ${heard.text}`);
    };
    const keyed = `${tenant} ${planned.actor} ${planned.idempotencyKey}`;
    if (planned.idempotencyKey !== null && !isWell) unsure.add(keyed);

    checkMarks(exchange, report);
    for (const { id, version } of badgesIn(body)) {
      const other = versions.note(tenant, id, version);
      if (other) report('another’s version', `${version} of ${id} is ${other}’s`);
    }
    for (const { id } of body.data?.badgeHistory?.nodes ?? []) {
      const owner = entries.get(id) ?? tenant;
      entries.set(id, owner);
      if (owner !== tenant) report('another’s history', `entry ${id} is ${owner}’s`);
    }
    if (heard.status !== 200) report('no answer', `HTTP ${heard.status}`);
    const allowed = [
      ...(isWell ? [] : OF_TROUBLE),
      ...(planned.conflict === 'never' ? [] : ['CONFLICT']),
      ...(unsure.has(keyed) ? ['OUTCOME_UNKNOWN'] : []),
    ];
    const codes = codesIn(body).filter((code) => !allowed.includes(code));
    if (codes.length > 0) {
      const kind = isWell ? 'an error though all is well' : 'an error of no trouble';
      report(kind, codes.join());
    }
    if (planned.conflict === 'certain' && isDone(body)) {
      report('another’s version is taken', 'no conflict');
    }
    const missing = isWell && codesIn(body).length === 0 ? missingIn(exchange) : undefined;
    if (missing !== undefined) report('something is missing though all is well', missing);
  };
}

type Report = (kind: string, what: string) => void;

function checkMarks({ tenant, heard, body }: Exchange, report: Report): void {
  const foreign = foreignIn(heard.text, tenant);
  if (foreign !== undefined) report('another’s value', foreign);
  for (const badge of badgesIn(body)) {
    const fields = unmarkedIn(badge, tenant);
    if (fields.length > 0) report('a value without the tenant’s mark', fields.join());
  }
  const changed = unmarkedChanges(changesIn(body), tenant);
  if (changed.length > 0) report('a change without the tenant’s mark', changed.join());
}

/** A dry run would be sent to the provider. */
function isDone({ data }: AnswerBody): boolean {
  return data?.result?.userErrors.length === 0;
}

/** Reports data that a tenant without faults should have received and did not. */
function missingIn({ planned, body }: Exchange): string | undefined {
  const { data } = body;
  const { ids } = planned;
  switch (planned.operation) {
    case 'list': {
      const { totalCount, sources = [] } = data?.badges ?? {};
      if (totalCount !== BADGES) return `totalCount ${totalCount}`;
      const odd = sources.find(
        ({ state, droppedRecords }) => !GOOD.includes(state) || droppedRecords > 0,
      );
      return odd && JSON.stringify(odd);
    }
    case 'badge':
      return data?.badge?.id === ids[0] ? undefined : 'badge';
    case 'entities': {
      const shown = data?._entities?.map((each) => each?.id);
      return shown?.join() === ids.join() ? undefined : 'entities';
    }
    case 'history':
      return data?.badgeHistory ? undefined : 'history';
    case 'member': {
      const { id, badges = [] } = data?.tagMangoMember ?? {};
      const held = badges.map((badge) => badge.id);
      return id === MEMBER.id && held.join() === ids.join() ? undefined : 'member';
    }
    case 'update':
    case 'dry run':
      return data?.result?.badge ? undefined : 'the badge after the update';
  }
}

/** A list that is only late is stale and has no code. */
const GOOD = ['FRESH', 'CACHED', 'STALE'];
