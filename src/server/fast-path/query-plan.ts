/**
 * A query plan says how one document with `badge`, `badges` and `badgesByKeys` is answered, whatever its arguments:
 * which resolver finds what each root field shows, and how the JSON of that is written.
 *
 * Promises: variables have the values and the limits of the full path, and what is shown is found by the same
 * resolvers, in lists that are at hand. What these reject, and what has to wait for a provider, goes to the full
 * path. An answer is kept only once it is asked for again, so that pages of which no two are alike take nothing from
 * what others share.
 */
import { GraphQLError, type GraphQLField, Kind, visit } from 'graphql';
import { type BadgesContext, type Caller, createBadgesContext } from '../../badges/context.ts';
import { MAX_PAGE_SIZE } from '../../badges/reading/page.ts';
import {
  type MaybePromise,
  andThen,
  endOfObject,
  isObject,
  isPromise,
  mapAll,
} from '../../http/json.ts';
import { ProviderError } from '../../http/provider-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { OperationInfo } from '../../telemetry/observer.ts';
import { SelectionSizes } from '../answers/answer-budget.ts';
import { NO_STORE, cacheControlOf } from '../apollo.ts';
import { RejectedRequest } from '../errors.ts';
import { toUtf8Bytes } from '../keep.ts';
import { BODY_CAPS, REQUEST_CAPS } from '../limits/limits.ts';
import { checkVariables, isAffordable, isSearch } from '../limits/request-limits.ts';
import { describeOperation, parseBody } from '../request.ts';
import type { AnswerCache, Written } from './answer-cache.ts';
import { compileArguments, compileVariables } from './arguments.ts';
import type { BadgeFragments } from './fragments.ts';
import type { Head, Ready } from './head.ts';
import { type PlanKey, type Plans, flatten, isShort } from './plans.ts';
import {
  COUNTED_PER_BYTE,
  type Executable,
  INFO,
  type Question,
  type Render,
  Unsure,
  compile,
  readQuestion,
} from './render.ts';
import { type FreshTime, type SnapshotView, createSnapshotView } from './snapshot-view.ts';

/** What a body asks. */
export interface AskedQuery {
  /** Each character is a byte of it. */
  body: string;
  /** The bytes around the variables, and behind the first of these the flags among them. */
  key: PlanKey;
  /** The bytes before, of, and after the object of the variables. Without variables, all are before it. */
  parts: readonly [before: string, variables: string, after: string];
  variables: Readonly<Record<string, unknown>>;
}

/** With its quotes it can only be a name, perhaps the end of a longer one: within a text they would be escaped. */
const VARIABLES = /"variables"\s*:\s*\{/;
/** Shorter bodies cannot have too many commas and brackets. */
const MAX_BODY_BYTES = BODY_CAPS.signs;

/**
 * What a body asks if it has a plan: then it is JSON, and this object is that of its variables. Undefined: it is longer
 * than such queries are. Throws what the full path rejects these variables with.
 */
export function readAsked(bytes: Buffer, body: string): AskedQuery | undefined {
  if (bytes.length > MAX_BODY_BYTES) return undefined;
  const found = VARIABLES.exec(body);
  const start = found ? found.index + found[0].length - 1 : body.length;
  const end = found ? endOfObject(body, start) : body.length;
  const parts = [body.slice(0, start), body.slice(start, end), body.slice(end)] as const;
  const variables = found ? parseBody(bytes.subarray(start, end)) : {};
  if (!isObject(variables)) return undefined;
  const flags = Object.entries(variables).filter(([, value]) => typeof value === 'boolean');
  const [before, , after] = parts;
  // Before an object there is a colon or a space, so that no other body ends there with the bracket of a list.
  const first = flags.length === 0 ? before : before + toUtf8Bytes(JSON.stringify(flags));
  return { body, key: [first, after], parts, variables };
}

/** A body may hold one of them itself, as other variables than those that were read. */
const PROBES = ['{"probe":1}', '{"probe":2}'];

/** The parsed body. Undefined if its variables are not those that were read. */
function readWhole({ parts }: AskedQuery): Record<string, unknown> | undefined {
  const [before, variables, after] = parts;
  const parseWith = (text: string): unknown =>
    parseBody(Buffer.from(before + text + after, 'latin1'));
  const isTaken = (probe: string): boolean => {
    const probed = parseWith(probe);
    return isObject(probed) && JSON.stringify(probed.variables) === probe;
  };
  const whole = parseWith(variables);
  if (!isObject(whole)) return undefined;
  const isWhole = variables === '' ? whole.variables == null : PROBES.every(isTaken);
  return isWhole ? whole : undefined;
}

interface Root {
  /** In the answer, with its quotes. */
  key: string;
  field: GraphQLField<unknown, unknown>;
  coerceArguments: ReturnType<typeof compileArguments>;
  render: Render;
}

export interface QueryPlan extends Pick<Question, 'compiled'> {
  operation: OperationInfo;
  question: Question;
  roots: readonly Root[];
  coerceVariables: ReturnType<typeof compileVariables>;
  /** Variables that are used elsewhere than in arguments of the root fields, with their values in the body. */
  fixed: readonly (readonly [name: string, value: unknown])[];
  fragments: BadgeFragments;
}

/** Roots that read nothing but lists. */
const ROOTS = ['badge', 'badges', 'badgesByKeys'];

/** Undefined: it asks for something else. */
export function planQuery(
  executable: Executable,
  asked: AskedQuery,
  fragments: BadgeFragments,
): QueryPlan | undefined {
  const whole = readQuestion(executable, readWhole(asked));
  if (!whole) return undefined;
  const names = namesOfFixed(whole);
  const fixed = readValues(asked.variables, names);
  if (!fixed.every(([, value]) => isShort(value))) return undefined;
  const question = { ...whole, given: {}, variables: pick(whole.variables, names) };
  const roots = compileRoots(question, fragments);
  return (
    roots && {
      operation: describeOperation(question.operation),
      question,
      roots,
      coerceVariables: compileVariables(question),
      compiled: question.compiled,
      fixed,
      fragments,
    }
  );
}

/** Undefined: there are others. What they are compiled from lives as long as they, so it must be small. */
function compileRoots(question: Question, fragments: BadgeFragments): Root[] | undefined {
  const sizes = new SelectionSizes({ ...question, variableValues: question.variables });
  const selected: Question = {
    ...question,
    remember: (render, { type, nodes }) =>
      fragments.remember(render, sizes.ofObjects({}, nodes, type)),
  };
  const roots: Root[] = [];
  for (const [key, nodes] of question.roots) {
    const [node] = nodes;
    const field = node && question.query.getFields()[node.name.value];
    if (!node || !field || !ROOTS.includes(field.name)) return undefined;
    const render = compile(selected, field.type, nodes);
    const coerceArguments = compileArguments(field, node);
    roots.push({ key: JSON.stringify(key), field, coerceArguments, render });
  }
  return roots;
}

type Variables = AskedQuery['variables'];

function readValues(variables: Variables, names: readonly string[]): QueryPlan['fixed'] {
  return names.map((name) => [name, variables[name]]);
}

/** Those of them that there are. */
function pick(variables: Variables, names: readonly string[]): Variables {
  const known = names.filter((name) => Object.hasOwn(variables, name));
  return Object.fromEntries(readValues(variables, known));
}

function namesOfFixed({ document, roots }: Question): string[] {
  const free = new Set([...roots.values()].flat().flatMap((node) => node.arguments ?? []));
  const names: string[] = [];
  visit(document, {
    [Kind.VARIABLE_DEFINITION]: () => false,
    [Kind.ARGUMENT]: (node) => (free.has(node) ? false : undefined),
    [Kind.VARIABLE]: ({ name }) => void names.push(name.value),
  });
  return names;
}

export interface QueryOptions extends FreshTime {
  hasCacheTags: boolean;
}

export interface Asking {
  caller: Caller;
  view: SnapshotView;
  /** Whether a list may be read, by the place of its provider. */
  isAtHand: (at: number) => boolean;
  /** A search of all names takes too long for the fast path. */
  maySearch: boolean;
}

/** Thrown when a list has to be read first. */
export class NotAtHand extends Unsure {}

/** While an answer is made, each field of it and each item of lists of texts count: so many bytes of one at least. */
const BYTES_OF_FIELD = 6;

export function answerQuery(
  plan: QueryPlan,
  { variables }: AskedQuery,
  asking: Asking & QueryOptions,
): MaybePromise<Written> {
  const coerced = check(plan, variables);
  const context = createContext(asking);
  const values = mapAll(plan.roots, ({ field, coerceArguments }) => {
    const args = coerceArguments(coerced);
    if (isSearch(args) && !asking.maySearch) throw new Unsure('A search takes long');
    return plan.question.resolvers.get(field)?.(undefined, args, context, INFO);
  });
  return andThen(values, (settled) => write(plan, settled, { context, asking }));
}

/** The answer that shows these values of the root fields. */
function write(
  plan: QueryPlan,
  values: readonly unknown[],
  { context, asking }: { context: BadgesContext; asking: Asking & QueryOptions },
): Written {
  const writing = plan.fragments.begin(asking.view);
  let json = '';
  for (const [at, { key, render }] of plan.roots.entries())
    json += `${json && ','}${key}:${writing.write(render, values[at])}`;
  writing.end();
  const { used, partialErrors } = context;
  const { counted } = writing;
  if (partialErrors.length > 0) throw new Unsure('A part is missing');
  const repeated = plan.compiled.repeats * MAX_PAGE_SIZE;
  if (counted.fields + repeated + json.length / BYTES_OF_FIELD >= REQUEST_CAPS.fields)
    throw new Unsure('It may have too many fields');
  const cacheControl = cacheControlOf(used, asking);
  const hasTags = asking.hasCacheTags && cacheControl !== NO_STORE;
  const tags = hasTags
    ? `,"extensions":${JSON.stringify({ apolloCacheTags: [...used.tags] })}`
    : '';
  const text = `{"data":{${json}}${tags}}\n`;
  const countedBytes = counted.bytes + COUNTED_PER_BYTE * text.length;
  return { text, cacheControl, used, countedBytes, operation: plan.operation, seen: context };
}

/** The variables as resolvers take them. Throws if the full path would answer with an error. */
function check(
  { question, fixed, coerceVariables }: QueryPlan,
  variables: AskedQuery['variables'],
): AskedQuery['variables'] {
  for (const [name, value] of fixed) {
    if (variables[name] !== value) throw new Unsure('A part of the plan is of another variable');
  }
  const { schema, document, operation } = question;
  if (checkVariables(variables).hasInexactNumber) throw new Unsure('A number is inexact');
  const coerced = coerceVariables(variables);
  const isAffordableWith = (given: AskedQuery['variables']): boolean =>
    isAffordable({ schema, document, operation, variables: given });
  // Where the largest pages are within the limits, all are, and one cost is known for them.
  if (!isAffordableWith(withLargestPages(variables)) && !isAffordableWith(variables))
    throw new Unsure('It costs too much');
  return coerced;
}

function withLargestPages(variables: AskedQuery['variables']): AskedQuery['variables'] {
  const largest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(variables))
    largest[name] = typeof value === 'number' ? MAX_PAGE_SIZE : value;
  return largest;
}

function createContext({ caller, isAtHand }: Asking): BadgesContext {
  const context = createBadgesContext(caller, '');
  const { providers } = caller.tenant;
  const { sourceOf } = context;
  context.sourceOf = (of) => {
    if (of.access && !isAtHand(providers.indexOf(of))) throw new NotAtHand('A list is not at hand');
    return sourceOf(of);
  };
  return context;
}

export interface Queries {
  /** Undefined: it cannot be a query with a plan. */
  read(bytes: Buffer, body: string): AskedQuery | undefined;
  /** The answer that is kept. Undefined: there is none, or not from the present lists. */
  find(body: string, head: Head): Answer | undefined;
  /** Undefined: the full path has to answer. */
  make(asked: AskedQuery, head: Head): MaybePromise<Answer | undefined>;
  /** Whether the full path's answer is of use: for a plan, or to be kept. */
  isWanted(asked: AskedQuery, head: Head): boolean;
  /** From now on the full path answers such bodies. */
  refuse(asked: AskedQuery, head: Head): void;
}

type Answer = Omit<Ready, 'contentType'>;

interface QueriesOptions extends QueryOptions {
  plans: Plans<QueryPlan>;
  answers: AnswerCache;
  logger: Logger;
}

export function createQueries(options: QueriesOptions): Queries {
  const { plans, answers, logger, hasCacheTags, freshMs, now } = options;

  function refuse({ key, body }: AskedQuery, { caller }: Head): void {
    plans.refuse(flatten(key));
    answers.drop({ body, tenant: caller.tenant });
  }

  /** Keeps it, too, if it was asked for before with the same bytes as variables. */
  function toAnswer(
    plan: QueryPlan,
    written: Written,
    { asked, view }: { asked: AskedQuery; view: SnapshotView },
  ): Answer {
    const { tenant } = view;
    if (answers.isRepeated(plan, asked.parts[1], tenant)) {
      const after = createSnapshotView(tenant, options);
      answers.keep({ body: asked.body, tenant }, written, { before: view, after });
    }
    const { text, cacheControl, countedBytes, used, seen } = written;
    const { batchSize } = used;
    return { text, cacheControl, countedBytes, operation: plan.operation, batchSize, seen };
  }

  return {
    read(bytes, body) {
      try {
        return readAsked(bytes, body);
      } catch (err) {
        if (isRefusal(err)) return undefined;
        throw err;
      }
    },
    find(body, { caller }) {
      const view = createSnapshotView(caller.tenant, options);
      const kept = answers.find(body, view);
      if (!kept) return undefined;
      const { text, countedBytes, operation, batchSize } = kept;
      const cacheControl = view.cacheControl();
      return { text, countedBytes, cacheControl, operation, batchSize, seen: view };
    },
    make(asked, head) {
      const plan = plans.find(asked.key);
      if (!plan) return undefined;
      const { caller } = head;
      const view = createSnapshotView(caller.tenant, options);
      const isAtHand = (at: number): boolean => view.see(at) !== undefined;
      const asking = { caller, view, isAtHand, maySearch: false, hasCacheTags, freshMs, now };
      const giveUp = (err: unknown): undefined => {
        if (isRefusal(err)) return;
        refuse(asked, head);
        logger.error({ err }, 'A document cannot be answered fast, and is not tried again');
      };
      try {
        const answer = andThen(answerQuery(plan, asked, asking), (written) =>
          toAnswer(plan, written, { asked, view }),
        );
        return isPromise(answer) ? answer.catch(giveUp) : answer;
      } catch (err) {
        return giveUp(err);
      }
    },
    isWanted({ key, parts }, { caller }) {
      const plan = plans.find(key);
      return plan ? answers.isRepeated(plan, parts[1], caller.tenant) : plan === undefined;
    },
    refuse,
  };
}

/** What the full path tells the caller of, in its words. */
function isRefusal(error: unknown): boolean {
  const kinds = [Unsure, GraphQLError, ProviderError, RejectedRequest];
  return kinds.some((kind) => error instanceof kind);
}
