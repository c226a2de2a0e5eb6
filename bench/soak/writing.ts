import type { Operation } from '../../test/support/graphql-client.ts';
import { pick } from '../../test/support/random.ts';
import { type Known, COMPLETE, toRename } from '../../test/support/load-operations.ts';

const PAYLOAD = 'warnings { code } userErrors { code }';
const CREATE = `mutation Create($input: CreateBadgeInput!) {
  result: createBadge(input: $input) { ${PAYLOAD} }
}`;
const DELETE = `mutation Delete($input: DeleteBadgeInput!) {
  result: deleteBadge(input: $input) { ${PAYLOAD} }
}`;
const AWARD = `mutation Award($input: AwardBadgeInput!) {
  result: awardBadge(input: $input) { ${PAYLOAD} }
}`;
const REVOKE = `mutation Revoke($input: RevokeBadgeInput!) {
  result: revokeBadge(input: $input) { ${PAYLOAD} }
}`;
const MEMBER = `query Member { tagMangoMember(email: "ada@example.com") { id badges { id name } } }`;

/** Those of the demo. */
const RETURNING_AI_USER = '1102';
const TAG_MANGO_USER = '6650aa11bb22cc33dd44ee55';
/** Badges of a run are recognized by their names and deleted again, so that the lists keep their length. */
const MADE = 'Soak';
const MAX_MADE = 5;

/** Returns the next write, in turn of every operation; `known`: the current badges. */
export function createWriting(random: () => number): (known: Known) => Operation {
  let n = 0;
  let repeated: Operation | undefined;

  return (known) => {
    n += 1;
    const made = known.filter(({ name }) => name.startsWith(MADE));
    const [oldest] = made;
    if (oldest && made.length > MAX_MADE) {
      return { query: DELETE, variables: { input: { returningAI: { id: oldest.id } } } };
    }
    const badge = pick(known, random);
    const isTagMango = badge.provider === 'TAG_MANGO';
    switch (Math.floor(random() * 10)) {
      case 0: {
        const returningAI = { title: `${MADE} ${n}`, ...COMPLETE };
        return { query: CREATE, variables: { input: { returningAI } } };
      }
      case 1: {
        const input = isTagMango
          ? { tagMango: { userId: TAG_MANGO_USER, badgeIds: [badge.id] } }
          : { returningAI: { badgeId: badge.id, user: { id: RETURNING_AI_USER } } };
        return { query: AWARD, variables: { input } };
      }
      case 2: {
        const badgeId = known.find(({ provider }) => provider === 'RETURNING_AI')?.id;
        const returningAI = { badgeId, user: { email: 'ada@example.com' } };
        return { query: REVOKE, variables: { input: { returningAI } } };
      }
      case 3:
        return { query: MEMBER };
      case 4:
        // The same key again: nothing must be written twice.
        if (repeated) return repeated;
    }
    const name = badge.name.startsWith(MADE) ? `${MADE} ${n}` : `Badge ${n}`;
    const isKeyed = random() < 0.5;
    const rename = toRename(badge, name, isKeyed ? `soak-${n}` : null);
    if (isKeyed) repeated = rename;
    return rename;
  };
}
