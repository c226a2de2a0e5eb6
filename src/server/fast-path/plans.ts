/**
 * Plans, found by the two texts that tell a document apart; and the plan of a document with `_entities`: what stands
 * around the representations in the body, how many there may be, and how the JSON of each is written.
 *
 * Promises: remembers which bodies have no plan, so that these are not searched again. Two bodies with the same bytes
 * around their representations ask the same, and are within the same limits, as long as each representation is a
 * canonical one.
 */
import { type FieldNode, Kind, getNamedType, isListType, isNonNullType } from 'graphql';
import type { OperationInfo } from '../../telemetry/observer.ts';
import { SelectionSizes } from '../answers/answer-budget.ts';
import { type Keep, type Kept, bytesOf, toFlat, toUtf8Bytes } from '../keep.ts';
import { BODY_CAPS, REQUEST_CAPS, VARIABLE_CAPS } from '../limits/limits.ts';
import { costOf, countVariables } from '../limits/request-limits.ts';
import { countSigns, describeOperation, parseBody } from '../request.ts';
import { type Executable, type Question, type Render, compile, readQuestion } from './render.ts';

/** The bytes around the representations or, of other queries, around the variables. Each character is a byte. */
export type PlanKey = readonly [string, string];

export interface Plans<Plan> {
  /** Undefined: nothing is known. Null: the full path has to answer such bodies. */
  find(key: PlanKey): Plan | null | undefined;
  /** The texts of the key must not be parts of a longer one, which they would keep in memory. */
  add(key: PlanKey, plan: Plan): void;
  /** From now on the full path answers such bodies, as long as this is remembered. */
  refuse(key: PlanKey): void;
}

/** What was compiled for a plan, which tells how much memory it takes. */
type Compiled = Pick<Question, 'compiled'>;

interface Entry<Plan> extends Kept {
  readonly beginning: string;
  readonly first: string;
  readonly second: string;
  plan: Plan | null;
}

/** Of what is remembered of a document, whether it has a plan or not. */
const ENTRY_BYTES = 600;
/** Of a plan, without its document and fields. */
const PLAN_BYTES = 4_500;
/** Of its document, for each node of it, and for each character of the body. */
const BYTES_OF_NODE = 120;
const BYTES_OF_CHARACTER = 2;
/** Of a field that is compiled. */
const BYTES_OF_FIELD = 680;
/** Holds the name of an operation in most bodies. */
const BEGINNING_CHARACTERS = 64;

/** `forget` drops all that was made by a plan. */
export function createPlans<Plan extends Compiled>(
  keep: Keep,
  forget: (plan: Plan) => void,
): Plans<Plan> {
  const byFirst = new Map<string, Map<string, Entry<Plan>>>();
  /** The entry that was found last by the beginning of its first text: to compare texts takes less time than to hash them. */
  const byBeginning = new Map<string, Entry<Plan>>();

  function findEntry([first, second]: PlanKey): Entry<Plan> | undefined {
    const last = byBeginning.get(first.slice(0, BEGINNING_CHARACTERS));
    if (last?.first === first && last.second === second) return last;
    const found = byFirst.get(first)?.get(second);
    if (found) byBeginning.set(found.beginning, found);
    return found;
  }

  function put([first, second]: PlanKey, plan: Plan | null): void {
    const former = byFirst.get(first)?.get(second);
    if (former) keep.drop(former);
    const bySecond = byFirst.get(first) ?? new Map<string, Entry<Plan>>();
    const beginning = toFlat(first.slice(0, BEGINNING_CHARACTERS));
    const entry: Entry<Plan> = {
      kind: 'plans',
      beginning,
      first,
      second,
      plan,
      onDrop() {
        if (byBeginning.get(beginning) === entry) byBeginning.delete(beginning);
        bySecond.delete(second);
        if (bySecond.size === 0) byFirst.delete(first);
        if (plan) forget(plan);
      },
    };
    byFirst.set(first, bySecond.set(second, entry));
    const ofPlan = plan ? sizeOf(plan, first.length + second.length) : 0;
    keep.put(entry, ENTRY_BYTES + bytesOf(beginning, first, second) + ofPlan);
  }

  return {
    find(key) {
      const entry = findEntry(key);
      if (!entry) return undefined;
      keep.use(entry);
      return entry.plan;
    },
    add: (key, plan) => put(key, plan),
    refuse: (key) => put(key, null),
  };
}

/** A field is compiled once for each type and place, so that a fragment takes as much again at each of its spreads. */
function sizeOf({ compiled: { nodes, fields } }: Compiled, characters: number): number {
  return (
    PLAN_BYTES + BYTES_OF_CHARACTER * characters + BYTES_OF_NODE * nodes + BYTES_OF_FIELD * fields
  );
}

/** Where the representations stand in a body, as one string of one byte a character. */
export interface Split {
  body: string;
  /** The first character of the first representation. */
  start: number;
  /** The bracket behind the last. */
  end: number;
  /** What tells plans apart. */
  key: PlanKey;
}

export interface EntitiesPlan extends Compiled {
  operation: OperationInfo;
  /** So many representations pass all limits, and not one more. */
  most: number;
  /** The fields of an answer to so many representations, as the limits count them. */
  fieldsOf(representations: number): number;
  /** What the limits count of each entity, beside its values. */
  bytesOfEach: number;
  /** Of the answer, before the first and after the last entity. */
  head: string;
  tail: string;
  /** One entity; null is written without it. */
  render: Render;
}

/**
 * With its quotes it can only be a name: within a text they would be escaped. What is escaped before it belongs to the
 * bytes that tell plans apart.
 */
const MARK = '"representations":[';
const FIELD = '_entities';
const VARIABLE = 'representations';

/** Undefined: there is no such list in it. What ends at the first bracket has canonical representations only. */
export function splitBody(body: string): Split | undefined {
  const mark = body.indexOf(MARK);
  if (mark === -1) return undefined;
  const start = mark + MARK.length;
  const end = body.indexOf(']', start);
  return end === -1
    ? undefined
    : { body, start, end, key: [body.slice(0, start), body.slice(end)] };
}

/** The same key for keeping. */
export function flatten([first, second]: PlanKey): PlanKey {
  return [toFlat(first), toFlat(second)];
}

/** A representation, its bytes told apart from all others that mean something else. */
export interface Representation {
  typeName: string;
  id: string;
}

const SHAPES = [
  /^\{"__typename":"(?<typeName>\w{1,100})","id":"(?<id>[\w .:@/+=~-]{1,500})"\}$/,
  /^\{"id":"(?<id>[\w .:@/+=~-]{1,500})","__typename":"(?<typeName>\w{1,100})"\}$/,
];
/** Of a canonical representation: a bracket and a comma within, and a comma before the next. */
const SIGNS_OF_REPRESENTATION = 3;

/** Undefined: it may be well formed, but is not one of those that are told apart by their bytes. */
export function readCanonical(raw: string): Representation | undefined {
  for (const shape of SHAPES) {
    const { typeName, id } = shape.exec(raw)?.groups ?? {};
    if (typeName !== undefined && id !== undefined) return { typeName, id };
  }
  return undefined;
}

/** Whether all representations are canonical ones, which contain no bracket. */
export function hasCanonical({ body, start, end }: Split): boolean {
  const [...raws] = body.slice(start, end).split('},');
  const last = raws.pop() ?? '';
  return readCanonical(last) !== undefined && raws.every((raw) => readCanonical(`${raw}}`));
}

const PROBE = { __typename: 'A', id: 'a' };

/** The plan for bodies like this one, which the full path has answered. Undefined: there is none. */
export function planEntities(executable: Executable, split: Split): EntitiesPlan | undefined {
  const [before, after] = split.key;
  const probed = Buffer.from(before + JSON.stringify(PROBE) + after, 'latin1');
  // A number that is not exact counts as more values than others, and is none that a plan may keep.
  const question = readQuestion(executable, parseBody(probed));
  const root = question && entitiesOf(question);
  if (!root || !isProbe(question.given[VARIABLE])) return undefined;
  const { [VARIABLE]: _, ...others } = question.given;
  if (!Object.values(others).every(isShort)) return undefined;
  const type = question.query.getFields()[FIELD]?.type;
  const list = isNonNullType(type) ? type.ofType : type;
  if (!isListType(list)) return undefined;
  const { most, fieldsOf } = capsOf(question, probed.toString('utf8'));
  const sizes = new SelectionSizes({ ...question, variableValues: question.variables });
  const each = sizes.ofObjects({}, root.nodes, getNamedType(list.ofType));
  return {
    operation: describeOperation(question.operation),
    most,
    fieldsOf,
    bytesOfEach: each.bytes,
    head: toUtf8Bytes(`{"data":{${JSON.stringify(root.key)}:[`),
    tail: ']}}\n',
    render: compile(question, list.ofType, root.nodes),
    compiled: question.compiled,
  };
}

/** A longer text, a list or an object would be kept with the plan, and only another operation could use it. */
const MAX_KEPT_CHARACTERS = 100;

/** Whether a plan may keep the value of a variable. */
export function isShort(value: unknown): boolean {
  return typeof value === 'string'
    ? value.length <= MAX_KEPT_CHARACTERS
    : !(value instanceof Object);
}

/** The only root field, whose only argument is the variable. */
function entitiesOf({ roots }: Question) {
  const [[key, nodes] = [], ...others] = roots;
  if (key === undefined || !nodes || others.length > 0) return undefined;
  return nodes.every(takesVariable) ? { key, nodes } : undefined;
}

function takesVariable({ name, arguments: given = [] }: FieldNode): boolean {
  const [argument, ...others] = given;
  if (name.value !== FIELD || !argument || others.length > 0) return false;
  const { value } = argument;
  return value.kind === Kind.VARIABLE && value.name.value === VARIABLE;
}

function isProbe(value: unknown): boolean {
  return JSON.stringify(value) === JSON.stringify([PROBE]);
}

/** All that the full path counts grows by the same with each representation. */
function capsOf(question: Question, json: string) {
  const one = countAll(question, 1);
  const two = countAll(question, 2);
  const signs = countSigns(json, BODY_CAPS.signs);
  const mostWithin = (cap: number, atOne: number, step: number): number =>
    step <= 0 ? Infinity : 1 + Math.floor((cap - atOne) / step);
  const most = Math.min(
    mostWithin(REQUEST_CAPS.fields, one.fields, two.fields - one.fields),
    mostWithin(
      REQUEST_CAPS.representations,
      one.representations,
      two.representations - one.representations,
    ),
    mostWithin(VARIABLE_CAPS.values, one.values, two.values - one.values),
    mostWithin(BODY_CAPS.signs, signs, SIGNS_OF_REPRESENTATION),
  );
  const fieldsOf = (representations: number): number =>
    one.fields + (representations - 1) * (two.fields - one.fields);
  return { most, fieldsOf };
}

function countAll({ schema, document, operation, given }: Question, representations: number) {
  const variables = { ...given, [VARIABLE]: Array.from({ length: representations }, () => PROBE) };
  const { values } = countVariables(variables);
  return { ...costOf({ schema, document, operation, variables }), values };
}
