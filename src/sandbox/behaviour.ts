import { z } from 'zod';
import { alterationSchema, valueAlterationSchema } from './alterations.ts';

/** Thrown by a route: the provider's error of this status. */
export class Refusal extends Error {
  readonly statusCode: number;
  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** How a provider may differ from what its pages show. */
export const behaviourSchema = z.strictObject({
  /** How long a write is missing from the list. */
  listLagMs: z.int().min(0).max(600_000).default(0),
  /** Whether a write answers with the badge as it is now, or as it was before. */
  answers: z.enum(['new', 'before']).default('new'),
  /** What becomes of the values that are written; in this order. */
  alters: z.array(alterationSchema).default([]),
  /** What becomes of the values only where the list shows them; in this order. */
  listShows: z.array(valueAlterationSchema).default([]),
});
export type Behaviour = z.output<typeof behaviourSchema>;

/** What can be changed for every provider, with the defaults, for people. */
export const BEHAVIOURS = {
  listLagMs: 'a write is missing from the list for so long: 0',
  answers: 'a write answers with the badge as it is now, or as it was before: new, before',
  alters: 'what becomes of the values that are sent: [], or alterations',
  listShows: 'what becomes of the values where the list shows them: [], or alterations',
};

/** A behaviour that can be changed while the stand-in runs: in code by its fields, from outside by JSON. */
export interface BehaviourSwitch<T extends Behaviour = Behaviour> {
  current: T;
  /** Changes what is given and leaves the rest. Throws a `Refusal` for what is no such behaviour. */
  change(input: unknown): void;
  reset(): void;
  /** Every field for people, as `BEHAVIOURS` has them. */
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

/** The badges of a stand-in: what it holds now, and what its list shows, which may lag. */
export interface BadgeStore<Badge> {
  /** By id. Tests change it as somebody in the dashboard would: at once, also in the list. */
  badges: Map<string, Badge>;
  /** A write through the API, which the list may show late. */
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
