import 'reflect-metadata';
import { type ClassType, Field, Float, ID, InputType } from 'type-graphql';
import {
  BadgeAtVersionInput,
  TEXT_CHARACTERS,
  isGiven,
  refuseBlank,
  refuseControls,
  refuseControlsInLines,
  refuseFraction,
  refuseImage,
  refuseLong,
  refuseMany,
  refuseNull,
  toChange,
  valueOf,
} from './input-checks.ts';
import type { FieldChange, InputProblem, InputRules } from './provider.ts';

/** What an input takes for a field: its type in the graph and in TypeScript, and what is checked of it. */
const TYPES = {
  /** A text of one line. */
  line: () => String,
  /** A text of several lines. */
  text: () => String,
  /** The URL of a picture. */
  image: () => String,
  flag: () => Boolean,
  number: () => Float,
  integer: () => Float,
  ids: () => [ID],
} as const;
type FieldType = keyof typeof TYPES;

interface ValueTypes {
  line: string;
  text: string;
  image: string;
  flag: boolean;
  number: number;
  integer: number;
  ids: string[];
}

/** One field that can be written: all that a provider's folder says of it. */
export interface FieldRule {
  readonly type: FieldType;
  /** Its name in records and requests. Absent: the same as in the graph. */
  readonly wire?: string;
  /** What null sends. Absent: the field cannot be cleared. */
  readonly cleared?: unknown;
  /** A creation must give it, and it must have a character that can be seen. */
  readonly isRequired?: true;
  /** How many entries a list can have. */
  readonly most?: number;
  /** Its descriptions in the inputs of a creation and of an update. */
  readonly create: string;
  readonly update: string;
}
export type FieldRules = Readonly<Record<string, FieldRule>>;

/** The fields of an input, as far as they are given. */
export type FieldsOf<Rules extends FieldRules> = {
  [Name in keyof Rules]?: ValueTypes[Rules[Name]['type']] | null;
};

/** From the rules of its fields: a provider's inputs, its checks, what it is sent, and what has changed. */
export interface FieldTable<Rules extends FieldRules> {
  names: readonly (keyof Rules & string)[];
  given(input: FieldsOf<Rules>): (keyof Rules & string)[];
  check(input: FieldsOf<Rules>, rules: InputRules): InputProblem[];
  /** Only what is given, under its names in requests. */
  toBody(input: FieldsOf<Rules>): Record<string, unknown>;
  /** The value of a field as it would be written. Undefined: the record does not show it. */
  shown(record: object, field: string): unknown;
  /** What a body changes of a record. Undefined: of a badge that is new or could not be read. */
  changes(body: object, record: object | undefined): FieldChange[];
  /** The fields of a body that a record shows with another value. */
  notAsSent(body: object, record: object): string[];
  createInput(name: string, description: string): ClassType<FieldsOf<Rules>>;
  updateInput(name: string, description: string): ClassType<BadgeAtVersionInput & FieldsOf<Rules>>;
}

export function createFieldTable<const Rules extends FieldRules>(rules: Rules): FieldTable<Rules> {
  const fields = Object.entries<FieldRule>(rules);
  const names = fields.map(([name]) => name);
  const wireOf = (name: string): string => rules[name]?.wire ?? name;
  const given = (input: object): string[] => names.filter((name) => isGiven(input, name));

  function shown(record: object, name: string): unknown {
    const value = valueOf(record, wireOf(name));
    return value === undefined ? undefined : (value ?? rules[name]?.cleared ?? null);
  }

  function changes(body: object, record: object | undefined): FieldChange[] {
    return names.flatMap((name) => {
      const after = valueOf(body, wireOf(name));
      const before = record && shown(record, name);
      return after === undefined ? [] : (toChange(name, before, after) ?? []);
    });
  }

  return {
    names,
    given,
    check: (input, { isImageUrl }) =>
      checkEach(fields, input, (image, field) => refuseImage(field, image, isImageUrl)),
    toBody: (input) =>
      Object.fromEntries(
        given(input).map((name) => [wireOf(name), valueOf(input, name) ?? rules[name]?.cleared]),
      ),
    shown,
    changes,
    notAsSent: (body, record) =>
      changes(body, record)
        .map(({ field }) => field)
        .filter((name) => shown(record, name) !== undefined),
    createInput: (name, description) => {
      class CreateInput {}
      return toInput(CreateInput, { name, description, fields, by: 'create' });
    },
    updateInput: (name, description) => {
      class UpdateInput extends BadgeAtVersionInput {}
      return toInput(UpdateInput, { name, description, fields, by: 'update' });
    },
  };
}

type Named = readonly (readonly [name: string, rule: FieldRule])[];

function checkEach(
  fields: Named,
  input: object,
  checkImage: (url: string | undefined, field: string) => InputProblem[],
): InputProblem[] {
  const textOf = (name: string): string | undefined => {
    const value = valueOf(input, name);
    return typeof value === 'string' ? value : undefined;
  };
  const each = (
    isMeant: (rule: FieldRule) => boolean,
    check: (name: string, rule: FieldRule) => InputProblem[],
  ): InputProblem[] =>
    fields.filter(([, rule]) => isMeant(rule)).flatMap(([name, rule]) => check(name, rule));
  return [
    ...each(
      ({ cleared }) => cleared === undefined,
      (name) => refuseNull(name, valueOf(input, name)),
    ),
    ...each(
      ({ isRequired }) => isRequired === true,
      (name) => refuseBlank(name, textOf(name)),
    ),
    ...each(
      ({ type }) => type === 'line',
      (name) => refuseControls(name, textOf(name)),
    ),
    ...each(
      ({ type }) => type === 'text',
      (name) => refuseControlsInLines(name, textOf(name)),
    ),
    ...each(
      ({ type }) => type === 'line' || type === 'text',
      (name, { type }) =>
        refuseLong(name, textOf(name), TEXT_CHARACTERS[type === 'line' ? 'name' : 'description']),
    ),
    ...each(
      ({ type }) => type === 'integer',
      (name) => {
        const value = valueOf(input, name);
        return refuseFraction(name, typeof value === 'number' ? value : undefined);
      },
    ),
    ...each(
      ({ type }) => type === 'image',
      (name) => checkImage(textOf(name), name),
    ),
    ...each(
      ({ most }) => most !== undefined,
      (name, { most = 0 }) => {
        const value = valueOf(input, name);
        return refuseMany(name, Array.isArray(value) ? value : [], most);
      },
    ),
  ];
}

/** The class that the graph makes an input of. */
function toInput<Input extends object>(
  inputClass: new () => object,
  of: { name: string; description: string; fields: Named; by: 'create' | 'update' },
): ClassType<Input> {
  Object.defineProperty(inputClass, 'name', { value: of.name });
  for (const [name, rule] of of.fields) {
    const nullable = of.by === 'update' || !rule.isRequired;
    const prototype = inputClass.prototype as object;
    Field(TYPES[rule.type], { nullable, description: rule[of.by] })(prototype, name);
  }
  InputType(of.name, { description: of.description })(inputClass);
  return inputClass as ClassType<Input>;
}
