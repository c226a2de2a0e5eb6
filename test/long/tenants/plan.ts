import { pick } from '../../support/random.ts';
import { pickActor } from './actors.ts';
import { IDS, type ProviderId, MEMBER as WHO } from './badges.ts';
import type { Mood } from './mood.ts';
import { createPace } from './pace.ts';
import { ENTITIES, HISTORY, LIST, MEMBER, ONE, type Planned } from './requests.ts';
import { FLOOD } from './troubles.ts';
import { type UpdateOptions, createUpdates } from './updates.ts';

export interface PlanOptions extends UpdateOptions {
  mood: Mood;
}

/**
 * Three calls each: the list before the write, the write, and the next reader's list. With the members, and a list
 * every few seconds, that is below the 5.4 calls a second that replicas leave of TagMango's window together.
 */
const TAG_MANGO_WRITES_A_SECOND = 0.8;
const MEMBERS_A_SECOND = 0.8;
const MAX_REPRESENTATIONS = 12;
const MAX_HISTORY = 10;

const TYPES: Readonly<Record<ProviderId, string>> = {
  RETURNING_AI: 'ReturningAIBadge',
  TAG_MANGO: 'TagMangoBadge',
};
const PROVIDERS = Object.keys(TYPES) as ProviderId[];

/** Returns the next request of a tenant. */
export function createPlan(options: PlanOptions): () => Planned {
  const { tenant, random, mood } = options;
  const mayWrite = createPace(TAG_MANGO_WRITES_A_SECOND);
  const mayLookUp = createPace(MEMBERS_A_SECOND);
  const nextUpdate = createUpdates(options);
  const rest = () => ({
    actor: pickActor(tenant, random),
    ids: [] as readonly string[],
    conflict: 'never' as const,
    idempotencyKey: null,
  });

  function list(): Planned {
    const variables = {
      first: 1 + Math.floor(random() * 5),
      direction: random() < 0.5 ? 'ASC' : 'DESC',
    };
    return { ...rest(), operation: 'list', query: LIST, variables };
  }

  function badge(): Planned {
    const variables = pickBadge();
    return { ...rest(), operation: 'badge', query: ONE, variables, ids: [variables.id] };
  }

  function entities(): Planned {
    const asked = Array.from({ length: 1 + Math.floor(random() * MAX_REPRESENTATIONS) }, pickBadge);
    const representations = asked.map(({ provider, id }) => ({ __typename: TYPES[provider], id }));
    const ids = asked.map(({ id }) => id);
    return {
      ...rest(),
      operation: 'entities',
      query: ENTITIES,
      variables: { representations },
      ids,
    };
  }

  function history(): Planned {
    const variables = { ...pickBadge(), first: MAX_HISTORY };
    return { ...rest(), operation: 'history', query: HISTORY, variables };
  }

  function member(): Planned {
    const variables = { email: WHO.email };
    return { ...rest(), operation: 'member', query: MEMBER, variables, ids: WHO.badgeIds };
  }

  function pickBadge(): { provider: ProviderId; id: string } {
    const provider = pick(PROVIDERS, random);
    return { provider, id: pick(IDS[provider], random) };
  }

  return () => {
    if (mood.trouble() === FLOOD && random() < 0.3) return member();
    const dice = random();
    if (dice < 0.3) return list();
    if (dice < 0.45) return badge();
    if (dice < 0.65) return entities();
    if (dice < 0.75) return history();
    if (dice < 0.8) return mayLookUp() ? member() : badge();
    return nextUpdate(mayWrite() ? 'TAG_MANGO' : 'RETURNING_AI');
  };
}
