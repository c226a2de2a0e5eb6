import { pick } from '../../support/random.ts';
import type { FuzzAsk } from './ask.ts';
import type { Source } from './values.ts';

/** Documents that many requests share, as those of a router: only these are answered by the fast path. */
const ENTITIES = [
  '{ __typename }',
  '{ ... on BadgeFields { id name } }',
  '{ __typename ... on BadgeFields { a: name b: name description imageUrl version } }',
].map(
  (selection) =>
    `query ($representations: [_Any!]!) { _entities(representations: $representations) ${selection} }`,
);
const LISTS = [1, 2, 50, 0, 101].map(
  (first) => `{ badges(first: ${first}) { totalCount nodes { __typename } sources { state } } }`,
);
const MAX_REPRESENTATIONS = 8;

/** A document of a few; its representations may be odd. */
export function askAgain({ random, known, entityNames }: Source): FuzzAsk {
  if (random() < 0.2) return { query: pick(LISTS, random) };
  const isOdd = random() < 0.3;
  const representations = Array.from(
    { length: 1 + Math.floor(random() * MAX_REPRESENTATIONS) },
    () =>
      isOdd
        ? {
            __typename: pick(entityNames, random),
            id: pick([...known.ids, ...known.texts], random),
          }
        : pick(known.representations, random),
  );
  return { query: pick(ENTITIES, random), variables: { representations } };
}
