import { isDeepStrictEqual } from 'node:util';
import 'reflect-metadata';
import { type ClassType, Field, InputType } from 'type-graphql';
import { valueOf } from '../http/json.ts';
import { z } from 'zod';
import type { RecordBadge } from './badge-list.ts';
import { HttpsUrl, isHttpsOrLoopbackUrl } from './graph-types.ts';
import {
  OneBadgeInput,
  type FieldRule,
  type FieldRules,
  type FieldType,
  INPUT_TYPES,
  type NamedRules,
  checkFields,
  isGiven,
  limitInWords,
  toChange,
} from './input-checks.ts';
import type { FieldChange, InputProblem, InputRules } from './provider.ts';

/** The types of the same fields in a badge. */
const SHOWN_TYPES = { ...INPUT_TYPES, image: () => HttpsUrl } as const;

interface ValueTypes {
  line: string;
  text: string;
  image: string;
  flag: boolean;
  number: number;
  integer: number;
  ids: string[];
}

const text = z.string().nullish();
/** How a record contains a field of each type, unless the provider has its own format. */
const READERS: Readonly<Record<FieldType, z.ZodType>> = {
  line: text,
  text,
  image: text,
  flag: z.boolean().nullish(),
  number: z.number().nullish(),
  integer: z.int().nullish(),
  ids: z.array(z.string()).nullish(),
};
const plain = z.string();
const image = plain.refine((url) => url === '' || isHttpsOrLoopbackUrl(url));
/** How a remembered value of each type must look to be sent. */
const WRITTEN: Readonly<Record<FieldType, z.ZodType>> = {
  line: plain,
  text: plain,
  image: plain,
  flag: z.boolean(),
  number: z.number(),
  integer: z.int(),
  ids: z.array(plain),
};

/** The fields of an input. Undefined: omitted. */
export type FieldsOf<Rules extends FieldRules> = {
  [Name in keyof Rules]?: ValueTypes[Rules[Name]['type']] | null;
};

type WireName<Rule, Name> = Rule extends { wire: infer Wire extends string } ? Wire : Name;
type AlwaysThere<Rule extends FieldRule> = Rule extends { isRequired: true }
  ? Rule extends { default: unknown }
    ? false
    : true
  : false;

/** The writable fields of a record. Undefined: not shown. */
type RecordOf<Rules extends FieldRules> = {
  readonly [
    Name in keyof Rules as AlwaysThere<Rules[Name]> extends true
      ? WireName<Rules[Name], Name>
      : never
  ]: ValueTypes[Rules[Name]['type']];
} & {
  readonly [
    Name in keyof Rules as AlwaysThere<Rules[Name]> extends true
      ? never
      : WireName<Rules[Name], Name>
  ]?: ValueTypes[Rules[Name]['type']] | null | undefined;
};

type RecordShape<R> = { readonly [Name in keyof R]-?: z.ZodType<R[Name]> };

/** What follows from the rules of a provider's fields: inputs, checks, request bodies, shown values and changes. */
export interface FieldTable<Rules extends FieldRules> {
  names: readonly (keyof Rules & string)[];
  /** Those that the provider's documented answers do not show. */
  hiddenNames: readonly string[];
  wireOf(name: string): string;
  /** Undefined: the table has no field of this name. */
  typeOf(name: string): FieldType | undefined;
  /** The field with this name in records. A record's other fields keep their names. */
  fieldOf(wire: string): string;
  given(input: FieldsOf<Rules>): (keyof Rules & string)[];
  check(input: FieldsOf<Rules>, rules: InputRules): InputProblem[];
  /** The given fields, under their names in requests. */
  toBody(input: FieldsOf<Rules>): Record<string, unknown>;
  /** The value of a field as it would be written. Undefined: the record does not show it. */
  shown(record: object, field: string): unknown;
  /**
   * The value of a field that can be sent back. Undefined: the record does not show it, or shows a null that cannot be
   * sent.
   */
  sendable(record: object, field: string): unknown;
  /** A remembered value. Undefined: there is none, or it is not valid for the field. */
  remembered(values: object, field: string): unknown;
  /** The writable fields of a stored record. Undefined: it cannot be read. */
  readRecord(record: unknown): object | undefined;
  /** Whether a person would see no difference between two values of a field. */
  isSame(field: string, a: unknown, b: unknown): boolean;
  /** The values of all fields, without differences that a person cannot see. */
  comparableValues(record: object): unknown[];
  /** What a body changes in a record. `record` is undefined for a badge that is new or could not be read. */
  changes(body: object, record: object | undefined): FieldChange[];
  /** The fields of a body that a record shows with a different value. */
  notAsSent(body: object, record: object): string[];
  /** The schemas that read the fields of a record. */
  recordShape: RecordShape<RecordOf<Rules>>;
  createInput(name: string, description: string): ClassType<FieldsOf<Rules>>;
  /** `base`: the fields of the input besides those of the table; the ID if left out. */
  updateInput<Base extends OneBadgeInput = OneBadgeInput>(
    name: string,
    description: string,
    base?: abstract new () => Base,
  ): ClassType<Base & FieldsOf<Rules>>;
  /** Adds the fields to the type of the badge in the graph. */
  show(badgeClass: { prototype: RecordBadge<object> }): void;
}

/** `readers`: how the provider's records contain fields of a type, where they differ from plain JSON. */
export function createFieldTable<const Rules extends FieldRules>(
  rules: Rules,
  readers: Partial<typeof READERS> = {},
): FieldTable<Rules> {
  const fields = Object.entries<FieldRule>(rules);
  const names = fields.map(([name]) => name);
  const wireOf = (name: string): string => rules[name]?.wire ?? name;
  const given = (input: object): string[] => names.filter((name) => isGiven(input, name));

  function shown(record: object, name: string): unknown {
    const value = valueOf(record, wireOf(name));
    return value === undefined ? undefined : (value ?? rules[name]?.cleared ?? null);
  }

  function sendable(record: object, name: string): unknown {
    const value = shown(record, name);
    return value === null && rules[name]?.cleared !== null ? undefined : value;
  }

  const comparable = (name: string, value: unknown): unknown => {
    const rule = rules[name];
    return rule && toComparable(value, rule);
  };
  const recordShape = Object.fromEntries(
    fields.map(([name, rule]) => [
      wireOf(name),
      isAlwaysThere(rule) ? plain : (readers[rule.type] ?? READERS[rule.type]),
    ]),
  ) as RecordShape<RecordOf<Rules>>;
  const recordSchema = z.object(recordShape);

  function changes(body: object, record: object | undefined): FieldChange[] {
    return names.flatMap((name) => {
      const after = valueOf(body, wireOf(name));
      const before = record && shown(record, name);
      return after === undefined ? [] : (toChange(name, before, after) ?? []);
    });
  }

  function remembered(values: object, name: string): unknown {
    const rule = rules[name];
    if (!rule) return undefined;
    const isImage = rule.type === 'image' && rule.isHidden;
    return (isImage ? image : WRITTEN[rule.type]).safeParse(valueOf(values, wireOf(name))).data;
  }

  return {
    names,
    hiddenNames: names.filter((name) => rules[name]?.isHidden),
    wireOf,
    typeOf: (name) => rules[name]?.type,
    fieldOf: (wire) => names.find((name) => wireOf(name) === wire) ?? wire,
    given,
    check: (input, { isImageUrl }) => checkFields(fields, input, isImageUrl),
    toBody: (input) =>
      Object.fromEntries(
        given(input).map((name) => [wireOf(name), valueOf(input, name) ?? rules[name]?.cleared]),
      ),
    shown,
    sendable,
    remembered,
    readRecord: (record) => recordSchema.safeParse(record).data,
    isSame: (name, a, b) => isDeepStrictEqual(comparable(name, a), comparable(name, b)),
    comparableValues: (record) =>
      names.map((name) => comparable(name, valueOf(record, wireOf(name)))),
    changes,
    notAsSent: (body, record) =>
      changes(body, record)
        .map(({ field }) => field)
        .filter((name) => shown(record, name) !== undefined),
    recordShape,
    createInput: (name, description) => {
      class CreateInput {}
      return toInput(CreateInput, { name, description, fields, by: 'create' });
    },
    updateInput: (name, description, base?: abstract new () => object) => {
      class UpdateInput extends (base ?? OneBadgeInput) {}
      return toInput(UpdateInput, { name, description, fields, by: 'update' });
    },
    show: ({ prototype }) => fields.forEach(([name, rule]) => showField(prototype, name, rule)),
  };
}

/** Whether a record without the field is unreadable. */
function isAlwaysThere(rule: FieldRule): boolean {
  return rule.isRequired === true && rule.default === undefined;
}

/** Parameters of a signed URL. Any of the first kind shows that a URL is signed. */
const SIGNATURE =
  /^(x-(amz|goog|oss|cos|ms|obs)-(signature|credential)|signature|sig|sign|hmac|hdnea|hdnts|hdntl|token|auth_key|verify|__token__)$/i;
const BESIDE_SIGNATURE =
  /^(x-(amz|goog|oss|cos|ms|obs)-.*|expires?|expir(y|ation)|exp|policy|key-pair-id|awsaccesskeyid|googleaccessid|ossaccesskeyid|security-token|s[eprtv]|sk(oid|tid|t|e|s|v)|spr|md5|e|t|ts|timestamp|nonce)$/i;

/** Longer URLs become null. */
const MAX_URL_CHARACTERS = 8_000;

/** A URL without a signature that expires. Other texts are returned unchanged. */
export function withoutSignature(text: string): string {
  if (text.length > MAX_URL_CHARACTERS) return text;
  const [rest = '', query] = text.split(/\?(.*)/s, 2);
  if (query === undefined || !/^https?:/i.test(text)) return text;
  const [search = '', fragment] = query.split(/#(.*)/s, 2);
  const parameters = search.split('&');
  const nameOf = (parameter: string): string => parameter.split('=', 1)[0] ?? '';
  if (!parameters.some((parameter) => SIGNATURE.test(nameOf(parameter)))) return text;
  const kept = parameters.filter((parameter) => {
    const name = nameOf(parameter);
    return !SIGNATURE.test(name) && !BESIDE_SIGNATURE.test(name);
  });
  const hash = fragment === undefined ? '' : `#${fragment}`;
  return `${rest}${kept.length > 0 ? `?${kept.join('&')}` : ''}${hash}`;
}

/** Ignores the signature of an image and the order of a set. */
function toComparable(value: unknown, { type, cleared }: FieldRule): unknown {
  switch (type) {
    case 'image':
      return typeof value === 'string' ? withoutSignature(value) : '';
    case 'text':
    case 'line':
      return value ?? (cleared === undefined ? '' : cleared);
    case 'ids':
      return [...new Set(Array.isArray(value) ? (value as string[]) : [])].sort();
    default:
      return value ?? null;
  }
}

/** A list that is not shown is empty. */
function showField(
  prototype: RecordBadge<object>,
  name: string,
  { shown, wire = name, ...rule }: FieldRule,
): void {
  if (shown === undefined) return;
  const { type } = rule;
  Object.defineProperty(prototype, name, {
    configurable: true,
    get(this: RecordBadge<object>) {
      const value = valueOf(this.record, wire) ?? (type === 'ids' ? [] : null);
      return type === 'image' ? this.picture(typeof value === 'string' ? value : null) : value;
    },
  });
  const nullable = type !== 'ids' && !isAlwaysThere(rule);
  Field(SHOWN_TYPES[type], { nullable, description: shown })(prototype, name);
}

/** The class from which the graph makes an input type. */
function toInput<Input extends object>(
  inputClass: new () => object,
  of: { name: string; description: string; fields: NamedRules; by: 'create' | 'update' },
): ClassType<Input> {
  Object.defineProperty(inputClass, 'name', { value: of.name });
  for (const [name, rule] of of.fields) {
    const isOptional = of.by === 'update' || !rule.isRequired;
    const defaultValue = of.by === 'create' ? rule.default : undefined;
    const prototype = inputClass.prototype as object;
    Field(INPUT_TYPES[rule.type], {
      nullable: isOptional && defaultValue === undefined,
      ...(defaultValue !== undefined && { defaultValue }),
      description: rule[of.by] + limitInWords(rule),
    })(prototype, name);
  }
  InputType(of.name, { description: of.description })(inputClass);
  return inputClass as ClassType<Input>;
}
