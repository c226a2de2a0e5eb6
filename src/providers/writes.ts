import 'reflect-metadata';
import { type ClassType, InputType } from 'type-graphql';
import type { CallBounds } from '../http/admission.ts';
import { isObject, valueOf } from '../http/json.ts';
import type { Written } from './answers.ts';
import type { BadgeFields } from './badge-list.ts';
import type { FieldTable, FieldsOf } from './field-table.ts';
import {
  type FieldRules,
  OneBadgeInput,
  changesToNothing,
  planWithoutFields,
  refuseNothingGiven,
  toLockedTarget,
} from './input-checks.ts';
import type {
  FieldChange,
  InputProblem,
  Operation,
  ProviderClient,
  Warning,
  WritePlan,
} from './provider.ts';

export interface PartialWrites<Rules extends FieldRules, Client, Badge> {
  table: FieldTable<Rules>;
  createInput: ClassType<FieldsOf<Rules>>;
  updateInput: ClassType<OneBadgeInput & FieldsOf<Rules>>;
  create: (client: Client, body: object, bounds: CallBounds) => Written<Badge>;
  update: (client: Client, id: string, body: object, bounds: CallBounds) => Written<Badge>;
  /** Problems of an input apart from those of single fields. None if left out. */
  check?: (input: FieldsOf<Rules>, kind: 'create' | 'update') => InputProblem[];
  /**
   * Warnings and problems that follow from the changes. `before` is undefined if the badge could not be read. None if
   * left out.
   */
  judge?: (
    changes: readonly FieldChange[],
    write: { before: object | undefined; body: object },
  ) => Pick<WritePlan, 'warnings' | 'problems'>;
}

/** Creation and update for a provider that keeps omitted fields: only the given fields are sent. */
export function createPartialWrites<
  Rules extends FieldRules,
  Client extends ProviderClient,
  Badge extends ChangeableBadge<Badge>,
>({ table, check, judge, ...write }: PartialWrites<Rules, Client, Badge>) {
  const fieldsNotAsSent = (body: object, { record }: Badge) => table.notAsSent(body, record);
  const valueOf = ({ record }: Badge, field: string) => table.shown(record, field);

  function plan(input: FieldsOf<Rules>, current: object | undefined, before = current): WritePlan {
    const body = table.toBody(input);
    const changes = table.changes(body, current);
    const judged = judge?.(changes, { before, body }) ?? { warnings: [], problems: [] };
    return { body, writtenValues: null, givenFields: table.given(input), changes, ...judged };
  }

  const create: Operation<FieldsOf<Rules>, Client, Badge> = {
    inputClass: write.createInput,
    check: (input, rules) => [...table.check(input, rules), ...(check?.(input, 'create') ?? [])],
    target: () => null,
    plan: (input) => plan(input, undefined, {}),
    send: (client, { body }, bounds) => write.create(client, body, bounds),
    asListed: toListed(table),
    toExpected: (body, before) => before.with(body),
    fieldsNotAsSent,
    valueOf,
  };
  const update: Operation<OneBadgeInput & FieldsOf<Rules>, Client, Badge> = {
    inputClass: write.updateInput,
    check: (input, rules) => [
      ...refuseNothingGiven(input, table.names),
      ...table.check(input, rules),
      ...(check?.(input, 'update') ?? []),
    ],
    target: toLockedTarget,
    canSkipRead: () => true,
    plan: (input, { current }) => plan(input, current?.record),
    send: (client, { input, body }, bounds) => write.update(client, input.id, body, bounds),
    toStanding: (shown, { body, before }) =>
      before?.with({ ...body, ...definedValues(shown.record) }) ?? shown,
    toExpected: (body, before) => before.with(body),
    fieldsNotAsSent,
    valueOf,
    isConfirmedBy: ({ body }, badge) => badge !== null && fieldsNotAsSent(body, badge).length === 0,
  };
  return { create, update };
}

/** A badge that can be copied with other values of its record. */
export type ChangeableBadge<Badge> = BadgeFields & { with(values: object): Badge };

/** The values that a record shows. */
export function definedValues(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

/** What lists show is known from so many of their badges. */
const MAX_LOOKED_AT = 100;

/**
 * An answer may show hidden fields that the list shows of no badge, which are not part of the version that the next read
 * has. It may also leave out fields that lists show, which then have the values that were sent.
 */
export function toListed<Rules extends FieldRules, Badge extends ChangeableBadge<Badge>>(
  table: FieldTable<Rules>,
): NonNullable<Operation<object, never, Badge>['asListed']> {
  const { names, hiddenNames } = table;
  const wireOf = (field: string) => table.wireOf(field);
  return (shown, { listed, body }) => {
    const known = listed.slice(0, MAX_LOOKED_AT);
    const has = (record: object, field: string) => valueOf(record, wireOf(field)) !== undefined;
    const isListed = (field: string) => known.some(({ record }) => has(record, field));
    const isNeverListed = known.length > 0 && !hiddenNames.some(isListed);
    const dropped = isNeverListed ? hiddenNames.filter((field) => has(shown.record, field)) : [];
    const added = names.filter(
      (field) => has(body, field) && !has(shown.record, field) && isListed(field),
    );
    if (dropped.length + added.length === 0) return shown;
    return shown.with({
      ...Object.fromEntries(dropped.map((field) => [wireOf(field), undefined])),
      ...Object.fromEntries(added.map((field) => [wireOf(field), valueOf(body, wireOf(field))])),
    });
  };
}

interface Deletion<Client, Badge> {
  table: Pick<FieldTable<FieldRules>, 'fieldOf'>;
  /** The name of the input type. */
  name: string;
  description: string;
  send: (client: Client, id: string, bounds: CallBounds) => Written<Badge>;
  /** Fields of a record that are not fields of the badge. */
  beside: readonly string[];
}

/** Deletes a badge by its ID. A read that no longer finds the badge confirms the deletion. */
export function createDeletion<Client extends ProviderClient, Badge extends BadgeFields>({
  table,
  name,
  description,
  send,
  beside,
}: Deletion<Client, Badge>): Operation<OneBadgeInput, Client, Badge> {
  class DeleteInput extends OneBadgeInput {}
  Object.defineProperty(DeleteInput, 'name', { value: name });
  InputType(name, { description })(DeleteInput);
  return {
    inputClass: DeleteInput,
    check: () => [],
    target: toLockedTarget,
    canSkipRead: () => true,
    plan(_input, { current }) {
      const fields = Object.entries(current?.record ?? {})
        .filter(([key]) => !beside.includes(key))
        .map(([key, value]): [string, unknown] => [table.fieldOf(key), value]);
      return planWithoutFields({}, { changes: changesToNothing(Object.fromEntries(fields)) });
    },
    send: (client, { input }, bounds) => send(client, input.id, bounds),
    isConfirmedBy: (_plan, badge) => badge === null,
  };
}

/** The field of a change that names the member who holds a badge. */
const HOLDERS = 'holders';

export interface Holding {
  userId: string;
  badgeIds: readonly string[];
}

/** The plan of an award. `knownHeld`: the badges that the member already has, as far as this service knows. */
export function planAward(
  body: object,
  { userId, badgeIds }: Holding,
  knownHeld: readonly string[] = [],
): WritePlan {
  const held = new Set(knownHeld);
  const changes = badgeIds.map((badgeId): FieldChange => {
    const holder = JSON.stringify({ badgeId, userId });
    return { field: HOLDERS, before: held.has(badgeId) ? holder : null, after: holder };
  });
  const again = badgeIds.filter((id) => held.has(id));
  return planWithoutFields(body, {
    changes,
    warnings: again.length > 0 ? [alreadyHeld(again.length)] : [],
  });
}

/** The plan of a revocation. */
export function planRevoke(body: object, { userId, badgeIds }: Holding): WritePlan {
  const changes = badgeIds.map((badgeId): FieldChange => {
    return { field: HOLDERS, before: JSON.stringify({ badgeId, userId }), after: 'null' };
  });
  return planWithoutFields(body, { changes });
}

/** Does not name the badges, because `changes` does. */
function alreadyHeld(badges: number): Warning {
  const what = badges === 1 ? 'a badge' : `${badges} badges`;
  return {
    code: 'ALREADY_HELD',
    message: `The member already has ${what}: this service awarded it earlier and knows of no revocation. See the entries of "changes" that have a previous value.`,
    fields: [],
  };
}

/** The badge of a response, completed with fields that only the list shows. */
export function withShownFields<Badge extends ChangeableBadge<Badge>>(
  shown: Badge,
  { before }: { before: Badge | undefined },
): Badge {
  return before ? before.with(definedValues(shown.record)) : shown;
}

/** The badge that a change of holders is about. Undefined for a change of another field. */
export function heldBadgeId({ field, before, after }: FieldChange): string | undefined {
  if (field !== HOLDERS) return undefined;
  const holder = [after, before].map(toJson).find(isObject);
  return typeof holder?.badgeId === 'string' ? holder.badgeId : undefined;
}

function toJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    // A stored record may hold any text.
    return undefined;
  }
}
