/**
 * Whole answers of the full path to `badge` and `badges`, found again by the bytes of the body, for one tenant.
 *
 * Promises: an answer is used only while every list that it was made from is the one that a read would give, and has the
 * same time, state and failure. Before it is kept, its bytes are made a second time by resolvers that may not look at the caller.
 */
import { getArgumentValues } from 'graphql';
import {
  type BadgesContext,
  type Caller,
  INCOMPLETE_KEEP_MS,
  createBadgesContext,
  listTag,
} from '../../badges/context.ts';
import type { Tenant } from '../../badges/tenant.ts';
import { isObject } from '../../http/json.ts';
import type { Head } from './head.ts';
import { type Keep, type Kept, bytesOf, toFlat, toUtf8Bytes } from './keep.ts';
import { type Executable, INFO, type Question, Unsure, compile, readQuestion } from './render.ts';
import { type BadgeReading, type Identity, type Sight, identityOf } from './sight.ts';

export interface KeptAnswers {
  /** The whole body, each character a byte of its UTF-8. Undefined: the full path has to answer. */
  answer(body: string, sight: Sight): string | undefined;
  /** Whether the full path's answer to it is worth to look at. */
  isWanted(body: string, tenant: Tenant): boolean;
  /** Keeps what the full path has answered, from the lists that are shown in both sights. */
  learn(body: string, head: Head, answered: Answered): Promise<void>;
  /** From now on the full path answers this body. */
  refuse(body: string, tenant: Tenant): void;
}

export interface Answered {
  /** The full path's answer. */
  text: string;
  /** What was at hand before the request was handed on, and when it was answered. */
  before: Sight;
  after: Sight;
}

interface UsedList {
  /** The place of its provider among the tenant's. */
  at: number;
  /** Of the snapshot. */
  identity: Identity;
  /** Its time, as answers tell it: it changes when the machine's clock is corrected. */
  wallTime: number;
  /** An answer may tell it, and why there is no newer list. */
  state: BadgeReading['state'];
  failure: Identity | undefined;
}

interface KeptAnswer extends Kept {
  /** Null: the full path has to answer. */
  text: string | null;
  lists: readonly UsedList[];
  isBadgeMissing: boolean;
}

/** Roots that read nothing but lists. */
const ROOTS = ['badge', 'badges'];
const MAX_BODY_BYTES = 16 * 1024;
const BYTES_AROUND = 300;

export function createKeptAnswers(keep: Keep, executable: Executable): KeptAnswers {
  const byKey = new Map<string, KeptAnswer>();
  const keyOf = (body: string, tenant: Tenant): string => `${identityOf(tenant)} ${body}`;

  function put(name: string, answer: Omit<KeptAnswer, keyof Kept>): void {
    const former = byKey.get(name);
    if (former) keep.drop(former);
    const key = toFlat(name);
    const kept: KeptAnswer = { kind: 'answers', onDrop: () => void byKey.delete(key), ...answer };
    byKey.set(key, kept);
    keep.put(kept, bytesOf(key, answer.text ?? '') + BYTES_AROUND);
  }
  const refuse = (body: string, tenant: Tenant): void =>
    put(keyOf(body, tenant), { text: null, lists: [], isBadgeMissing: false });

  return {
    answer(body, sight) {
      const kept = byKey.get(keyOf(body, sight.tenant));
      if (!kept?.text) return undefined;
      if (!kept.lists.every((list) => isSame(list, useOf(list.at, sight)))) return undefined;
      if (kept.isBadgeMissing) sight.noteMissing();
      keep.use(kept);
      return kept.text;
    },
    isWanted: (body, tenant) =>
      body.length <= MAX_BODY_BYTES && byKey.get(keyOf(body, tenant))?.text !== null,
    async learn(body, { caller }, { text, before, after }) {
      const { tenant } = caller;
      const question = readBody(executable, body);
      const steady = tenant.providers.flatMap((_, at) => {
        const list = useOf(at, after);
        return list && isSame(list, useOf(at, before)) ? [list] : [];
      });
      const made = question && (await makeAgain(question, { caller, steady }));
      if (made === 'unsteady') return;
      if (made?.text !== text) return refuse(body, tenant);
      const { tags, keepMs } = made.used;
      const lists = steady.filter(({ at }) => {
        const provider = tenant.providers[at]?.provider;
        return provider && tags.has(listTag(provider));
      });
      if (lists.length === 0) return;
      const isBadgeMissing = keepMs <= INCOMPLETE_KEEP_MS;
      put(keyOf(body, tenant), { text: toUtf8Bytes(text), lists, isBadgeMissing });
    },
    refuse,
  };
}

/** Undefined: the list has to be read first. */
function useOf(at: number, sight: Sight): UsedList | undefined {
  const reading = sight.see(at)?.reading;
  if (!reading) return undefined;
  sight.note(reading);
  const { snapshot, state } = reading;
  const failure = isObject(reading.failure) ? identityOf(reading.failure) : undefined;
  const wallTime = sight.tenant.toWallTime(snapshot.asOf);
  return { at, identity: identityOf(snapshot), wallTime, state, failure };
}

function isSame(one: UsedList, other: UsedList | undefined): boolean {
  return (
    one.identity === other?.identity &&
    one.wallTime === other.wallTime &&
    one.state === other.state &&
    one.failure === other.failure
  );
}

function readBody(executable: Executable, body: string): Question | undefined {
  return readQuestion(executable, JSON.parse(Buffer.from(body, 'latin1').toString('utf8')));
}

/** Lists that the answer may have been made from, and may be made from again without a call to a provider. */
interface Maker {
  caller: Caller;
  steady: readonly UsedList[];
}

/** Undefined: it asks for something else than badges. Unsteady: a list has been replaced, or has to be read first. */
async function makeAgain(question: Question, { caller, steady }: Maker) {
  const plain = createBadgesContext(caller, '');
  let isUnsteady = false;
  const context: BadgesContext = {
    ...plain,
    sourceOf(of) {
      if (of.access && !steady.some(({ at }) => caller.tenant.providers[at] === of)) {
        isUnsteady = true;
        throw new Unsure('A list is not at hand');
      }
      return plain.sourceOf(of);
    },
  };
  try {
    return { text: await writeRoots(question, context), used: plain.used };
  } catch (error) {
    if (isUnsteady) return 'unsteady';
    throw error;
  }
}

/** Undefined: it asks for something else than badges. */
async function writeRoots(question: Question, context: BadgesContext): Promise<string | undefined> {
  const members: string[] = [];
  for (const [key, nodes] of question.roots) {
    const [node] = nodes;
    const field = node && question.query.getFields()[node.name.value];
    const resolve = field && question.resolvers.get(field);
    if (!node || !resolve || !ROOTS.includes(field.name)) return undefined;
    const args = getArgumentValues(field, node, question.variables);
    const value: unknown = await resolve(undefined, args, context, INFO);
    members.push(`${JSON.stringify(key)}:${compile(question, field.type, nodes)(value)}`);
  }
  return `{"data":{${members.join(',')}}}\n`;
}
