import { type TenantId, isOwnNumber, isOwnText, toCreator } from './marks.ts';

/** The part of a response that is checked field by field. */
export interface AnswerBody {
  data?: {
    badges?: { totalCount: number | null; nodes: Shown[]; sources: Source[] } | null;
    badge?: Shown | null;
    _entities?: (Shown | null)[];
    badgeHistory?: { nodes: Entry[] } | null;
    tagMangoMember?: { id: string; badges: Shown[] } | null;
    result?: Payload;
  } | null;
  errors?: { extensions?: { code?: string } }[];
}

export interface Shown extends Record<string, unknown> {
  id: string;
  provider: string;
  version: string;
}

interface Source {
  provider: string;
  state: string;
  code: string | null;
  droppedRecords: number;
}

interface Change {
  field: string;
  before: unknown;
  after: unknown;
}

interface Entry {
  id: string;
  changes: Change[];
}

interface Payload {
  badge: Shown | null;
  changes: Change[];
  warnings: { code: string }[];
  userErrors: { code: string; currentBadge?: Shown | null }[];
}

/** Every badge in the response, at any place. */
export function badgesIn({ data }: AnswerBody): Shown[] {
  const { badges, badge, _entities, tagMangoMember, result } = data ?? {};
  const all = [
    ...(badges?.nodes ?? []),
    badge,
    ...(_entities ?? []),
    ...(tagMangoMember?.badges ?? []),
    result?.badge,
    ...(result?.userErrors ?? []).map(({ currentBadge }) => currentBadge),
  ];
  return all.filter((each) => each != null);
}

export function changesIn({ data }: AnswerBody): Change[] {
  const { badgeHistory, result } = data ?? {};
  return [
    ...(badgeHistory?.nodes ?? []).flatMap(({ changes }) => changes),
    ...(result?.changes ?? []),
  ];
}

/** The codes of all errors, those of a payload and of its sources included. */
export function codesIn({ data, errors = [] }: AnswerBody): string[] {
  return [
    ...errors.map(({ extensions }) => extensions?.code ?? 'no code'),
    ...(data?.result?.userErrors ?? []).map(({ code }) => code),
    ...(data?.badges?.sources ?? []).flatMap(({ code }) => code ?? []),
  ];
}

const TEXTS = ['name', 'title', 'description'];
const IMAGES = ['imageUrl', 'image'];
const WORDS = ['action', 'pointCategoryForAutomation'];
const NUMBERS = ['quantity', 'pointsThreshold', 'awardXpQuantity', 'awardCurrencyQuantity'];

/** The fields of a badge that do not carry the tenant's mark. */
export function unmarkedIn(badge: Shown, tenant: TenantId): string[] {
  return Object.entries(badge).flatMap(([field, value]) =>
    isMarked(field, value, tenant) ? [] : [field],
  );
}

/** The fields of a change whose numbers are not the tenant's. */
export function unmarkedChanges(changes: readonly Change[], tenant: TenantId): string[] {
  return changes.flatMap(({ field, before, after }) => {
    const values = [before, after].filter((value) => value !== null);
    const isOwn = values.every((value) => isMarked(field, value, tenant));
    return isOwn ? [] : [field];
  });
}

function isMarked(field: string, value: unknown, tenant: TenantId): boolean {
  if (TEXTS.includes(field)) return isOwnText(tenant, value);
  if (NUMBERS.includes(field)) return isOwnNumber(tenant, value);
  if (IMAGES.includes(field)) return String(value).startsWith(`https://img.example/${tenant}/`);
  if (WORDS.includes(field)) return String(value).startsWith(`${tenant}-`);
  return field === 'creator' ? value === toCreator(tenant) : true;
}
