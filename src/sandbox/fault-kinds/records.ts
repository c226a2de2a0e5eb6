import { z } from 'zod';
import type { RecordChange } from '../faults.ts';

/** A badge on the wire. */
type WireBadge = Readonly<Record<string, unknown>>;
type Edit<T> = (before: T) => T;

/** Where the answers of a provider contain badges, and the names of their fields. */
export interface BadgesInAnswers {
  fields: {
    id: string;
    name: string;
    /** Absent if its badges do not name their owner. */
    creator?: string;
  };
  /** By operation. Other operations answer without badges. */
  places: Readonly<Record<string, Place>>;
  /** Changes the content of the envelope only. */
  editPayload: (answer: unknown, edit: Edit<unknown>) => unknown;
}

/** A place for badges inside a payload. */
export interface Place {
  isList: boolean;
  edit: (payload: unknown, edit: Edit<readonly WireBadge[]>) => unknown;
}

const wireBadge = z.record(z.string(), z.unknown());

/** The payload is a list of badges. */
export const badgeList: Place = {
  isList: true,
  edit: (payload, edit) => edit(z.array(wireBadge).parse(payload)),
};

/** The payload is one badge. */
export const oneBadge: Place = {
  isList: false,
  edit: (payload, edit) => edit([wireBadge.parse(payload)])[0],
};

type Fields = BadgesInAnswers['fields'];
type Change = (badges: readonly WireBadge[], fields: Fields) => WireBadge[];

const CHANGES: Readonly<Record<RecordChange, Change>> = {
  'one-malformed': ([first, ...rest], { name }) =>
    first ? [{ ...first, [name]: 7 }, ...rest] : [],
  'no-ids': (badges, { id }) => badges.map((badge) => without(badge, id)),
  'no-names': (badges, { name }) => badges.map((badge) => without(badge, name)),
  'extra-fields': (badges) =>
    badges.map((badge) => ({ ...badge, rarity: 'gold', tiers: [{ level: 1 }] })),
  duplicates: (badges) => [...badges, ...badges.slice(0, 1)],
  'differing-duplicates': (badges, { name }) => [
    ...badges,
    ...badges
      .slice(0, 1)
      .map((badge) => ({ ...badge, [name]: `${String(badge[name])} (another)` })),
  ],
  'other-creator': (badges, { creator }) =>
    creator === undefined ? [...badges] : badges.map((badge) => withAnother(badge, creator)),
  'other-id': (badges, { id }) => badges.map((badge) => withAnother(badge, id)),
  // `withTotal` says the rest.
  part: (badges) => badges.slice(0, 1),
};

/** Why an operation cannot show a change; undefined if it can. `*` shows it wherever possible. */
export function recordsProblem(
  operation: string,
  change: RecordChange,
  { fields, places }: BadgesInAnswers,
): string | undefined {
  if (change === 'other-creator' && fields.creator === undefined) {
    return 'other-creator is not possible here: the badges of this provider do not name a creator';
  }
  if (operation === '*') return undefined;
  const place = places[operation];
  if (!place) {
    return `The answer of ${operation} holds no badges; there are ${Object.keys(places).join(', ')}`;
  }
  const needsList = ['duplicates', 'differing-duplicates', 'part'].includes(change);
  if (needsList && !place.isList) return `${operation} answers with one badge: no ${change}`;
  return undefined;
}

/** Changes the badges in the JSON text of an answer. Text without badges is not changed. */
export function changeRecords(
  text: string,
  options: { operation: string; change: RecordChange; badges: BadgesInAnswers },
): string {
  const { fields, places, editPayload } = options.badges;
  const place = places[options.operation];
  if (!place) return text;
  const change = CHANGES[options.change];
  const answer = editPayload(JSON.parse(text), (payload) => {
    const changed = place.edit(payload, (badges) => change(badges, fields));
    return options.change === 'part' && place.isList ? withTotal(changed, payload) : changed;
  });
  return JSON.stringify(answer);
}

/** Adds a total to a list. A nested or an empty list has none. */
function withTotal(part: unknown, whole: unknown): unknown {
  const isList = Array.isArray(whole) && whole.length > 0;
  return isList ? { badges: part, total: whole.length } : part;
}

function without(badge: WireBadge, field: string): WireBadge {
  const { [field]: _, ...rest } = badge;
  return rest;
}

/** Another id of the same alphabet and length. */
function withAnother(badge: WireBadge, field: string): WireBadge {
  const id = String(badge[field]);
  return { ...badge, [field]: (id.startsWith('f') ? 'e' : 'f') + id.slice(1) };
}
