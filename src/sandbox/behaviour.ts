import { z } from 'zod';

/** The altered fields; every writable field of a suitable type if left out. */
const fields = z.array(z.string()).optional();

const VALUE_ALTERATIONS = [
  z.strictObject({ kind: z.literal('trim'), fields }),
  z.strictObject({ kind: z.literal('cut'), length: z.int().min(0).default(200), fields }),
  z.strictObject({ kind: z.literal('escape-html'), fields }),
  z.strictObject({ kind: z.literal('lower-case'), fields }),
  z.strictObject({ kind: z.literal('strip-emoji'), fields }),
  z.strictObject({ kind: z.literal('rewrite-urls'), fields }),
  z.strictObject({ kind: z.literal('sign-urls'), fields }),
  z.strictObject({ kind: z.literal('round'), to: z.int().positive().default(10), fields }),
  z.strictObject({ kind: z.literal('reverse-lists'), fields }),
] as const;

/** How a provider alters a value when it stores or lists it. */
const valueAlterationSchema = z.discriminatedUnion('kind', VALUE_ALTERATIONS);
/** When a provider stores values, it may also ignore a field. */
const alterationSchema = z.discriminatedUnion('kind', [
  ...VALUE_ALTERATIONS,
  z.strictObject({ kind: z.literal('ignore'), fields: z.array(z.string()) }),
]);

type ValueAlteration = z.output<typeof valueAlterationSchema>;
export type Alteration = z.output<typeof alterationSchema>;

/** Help text: every alteration with its options and defaults. */
export const ALTERATIONS: Readonly<Record<Alteration['kind'], string>> = {
  trim: 'trim',
  cut: 'cut after length=200',
  'escape-html': 'escape-html',
  'lower-case': 'lower-case',
  'strip-emoji': 'strip-emoji',
  'rewrite-urls': 'rewrite-urls to another host',
  'sign-urls': 'sign-urls anew each time',
  round: 'round to=10',
  'reverse-lists': 'reverse-lists',
  ignore: 'ignore these fields (in alters only)',
};

export interface Alterer {
  /** Returns the badge with its writable fields altered. */
  alter<T extends object>(badge: T, alterations: readonly ValueAlteration[]): T;
  /** The same for the fields of a request, without ignored ones. */
  alterGiven<T extends object>(given: T, alterations: readonly Alteration[]): Partial<T>;
}

export function createAlterer(writable: ReadonlySet<string>): Alterer {
  let signatures = 0;
  const nextSignature = (): string => (signatures += 1).toString(16).padStart(16, '0');

  function alter<T extends object>(badge: T, alterations: readonly ValueAlteration[]): T {
    return alterations.reduce((before: T, alteration): T => {
      const meets = ([field]: [string, unknown]): boolean =>
        writable.has(field) && (alteration.fields?.includes(field) ?? true);
      const altered = Object.entries(before)
        .filter(meets)
        .map(([field, value]) => [field, toAltered(value, alteration, nextSignature)] as const);
      return Object.assign({}, before, Object.fromEntries(altered));
    }, badge);
  }

  return {
    alter,
    alterGiven(given, alterations) {
      const ignored = new Set(ignoredFields(alterations));
      const kept = Object.entries(given).filter(([field]) => !ignored.has(field));
      return alter(
        Object.fromEntries(kept) as Partial<typeof given>,
        valueAlterations(alterations),
      );
    },
  };
}

export function ignoredFields(alterations: readonly Alteration[]): string[] {
  return alterations.flatMap((each) => (each.kind === 'ignore' ? each.fields : []));
}

function valueAlterations(alterations: readonly Alteration[]): ValueAlteration[] {
  return alterations.filter((each) => each.kind !== 'ignore');
}

function toAltered(
  value: unknown,
  alteration: ValueAlteration,
  nextSignature: () => string,
): unknown {
  if (typeof value === 'string') return toAlteredText(value, alteration, nextSignature);
  if (typeof value === 'number' && alteration.kind === 'round') {
    return Math.round(value / alteration.to) * alteration.to;
  }
  if (Array.isArray(value) && alteration.kind === 'reverse-lists') return value.toReversed();
  return value;
}

function toAlteredText(
  text: string,
  alteration: ValueAlteration,
  nextSignature: () => string,
): string {
  switch (alteration.kind) {
    case 'trim':
      return text.trim();
    case 'cut':
      return [...text].slice(0, alteration.length).join('');
    case 'escape-html':
      return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
    case 'lower-case':
      return text.toLowerCase();
    case 'strip-emoji':
      return text.replace(EMOJI, '');
    case 'rewrite-urls':
      return withUrl(text, ({ pathname }) => `https://cdn.example/stored${pathname}`);
    case 'sign-urls':
      return withUrl(text, (url) => {
        url.searchParams.set('X-Amz-Expires', '900');
        url.searchParams.set('X-Amz-Signature', nextSignature());
        return url.href;
      });
    case 'round':
    case 'reverse-lists':
      return text;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Made from text, because the flag is newer than the language level of the compiler. */
const EMOJI = new RegExp('\\p{RGI_Emoji}', 'gv');

function withUrl(text: string, rewrite: (url: URL) => string): string {
  return /^https?:/i.test(text) && URL.canParse(text) ? rewrite(new URL(text)) : text;
}

/** Thrown by a route to answer with the provider's error of this status. */
export class Refusal extends Error {
  readonly statusCode: number;
  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** How a provider may differ from its documentation. */
export const behaviourSchema = z.strictObject({
  /** How long the list does not show a write, milliseconds. */
  listLagMs: z.int().min(0).max(600_000).default(0),
  /** Whether a write returns the badge as it is now, or as it was before. */
  answers: z.enum(['new', 'before']).default('new'),
  /** How written values are altered, in this order. */
  alters: z.array(alterationSchema).default([]),
  /** How values are altered in the list only, in this order. */
  listShows: z.array(valueAlterationSchema).default([]),
});
export type Behaviour = z.output<typeof behaviourSchema>;

/** Help text: the behaviours of every provider, with their defaults. */
export const BEHAVIOURS = {
  listLagMs: 'how long a write is missing from the list, in milliseconds: 0',
  answers: 'whether a write returns the badge as it is now or as it was before: new, before',
  alters: 'how written values are altered: [], or alterations',
  listShows: 'how values are altered in the list only: [], or alterations',
};

/** A behaviour that can be changed while the stand-in runs, in code or with JSON over HTTP. */
export interface BehaviourSwitch<T extends Behaviour = Behaviour> {
  current: T;
  /** Changes the given fields. Throws a `Refusal` for invalid ones. */
  change(input: unknown): void;
  reset(): void;
  /** The help text of every field, as in `BEHAVIOURS`. */
  fields: Readonly<Record<string, string>>;
}

interface BehaviourOptions<T extends Behaviour> {
  schema: z.ZodType<T>;
  /** The fields of a badge that alterations can name. */
  writable: ReadonlySet<string>;
  fields: Readonly<Record<string, string>>;
  given: object | undefined;
}

export function createBehaviourSwitch<T extends Behaviour>({
  schema,
  writable,
  fields,
  given = {},
}: BehaviourOptions<T>): BehaviourSwitch<T> {
  function read(input: object): T {
    const parsed = schema.safeParse(input);
    if (!parsed.success) throw new Refusal(400, z.prettifyError(parsed.error));
    const { alters, listShows } = parsed.data;
    const named = [...alters, ...listShows].flatMap((alteration) => alteration.fields ?? []);
    const unknown = named.filter((field) => !writable.has(field));
    if (unknown.length === 0) return parsed.data;
    throw new Refusal(400, `Unknown fields ${unknown.join(', ')}. Use ${[...writable].join(', ')}`);
  }

  const current = read(given);
  return {
    current,
    change: (input) => void Object.assign(current, read({ ...current, ...objectOf(input) })),
    reset: () => void Object.assign(current, read({})),
    fields,
  };
}

function objectOf(input: unknown): object {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input;
  throw new Refusal(400, 'Send a JSON object with the fields to change');
}

/** The badges of a stand-in, and its list, which may lag behind. */
export interface BadgeStore<Badge> {
  /** By id. A change by a test is shown at once, also in the list, like one in the dashboard. */
  badges: Map<string, Badge>;
  /** A write through the API, which may appear in the list late. */
  write(id: string, badge: Badge): void;
  remove(id: string): void;
  listed(): Badge[];
}

interface LateWrite<Badge> {
  id: string;
  before: Badge | undefined;
  isListedFrom: number;
}

export function createBadgeStore<Badge>(
  behaviour: Pick<Behaviour, 'listLagMs'>,
  now: () => number,
): BadgeStore<Badge> {
  const badges = new Map<string, Badge>();
  let late: LateWrite<Badge>[] = [];

  function note(id: string): void {
    const { listLagMs } = behaviour;
    if (listLagMs === 0) return;
    late.push({ id, before: badges.get(id), isListedFrom: now() + listLagMs });
  }

  return {
    badges,
    write(id, badge) {
      note(id);
      badges.set(id, badge);
    },
    remove(id) {
      note(id);
      badges.delete(id);
    },
    listed() {
      late = late.filter(({ isListedFrom }) => isListedFrom > now());
      const shown = new Map(badges);
      for (const { id, before } of late.toReversed()) {
        if (before === undefined) shown.delete(id);
        else shown.set(id, before);
      }
      return [...shown.values()];
    },
  };
}
