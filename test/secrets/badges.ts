import type { StoredBadge as ReturningAIStored } from '../../src/sandbox/returning-ai.ts';
import type { StoredBadge as TagMangoStored } from '../../src/sandbox/tag-mango.ts';
import { returningAIStored, tagMangoStored } from '../support/records.ts';
import { ASIDE_WORDS, FIELD_WORDS } from './provider-words.ts';

export const RETURNING_AI_ID = FIELD_WORDS.badgeId.value;
export const TAG_MANGO_ID = '6657092c8142bfe0656481bf';
/** Of another badge: what is deleted is not there for others. */
export const DELETED_ID = 'deleted';
export const CREATOR_ID = '6149b1e5612c4e5fd96041d3';

const PICTURE = `https://img.example/${FIELD_WORDS.picture.value}.png`;
const HIDDEN_PICTURE = `https://img.example/${ASIDE_WORDS.hidden.value}.png`;

/** A word in every field of a record that takes one. */
export const returningAIBadges: readonly ReturningAIStored[] = [RETURNING_AI_ID, DELETED_ID].map(
  (id) =>
    returningAIStored({
      id,
      title: FIELD_WORDS.name.value,
      description: FIELD_WORDS.description.value,
      action: FIELD_WORDS.action.value,
      image: PICTURE,
      darkImage: HIDDEN_PICTURE,
      lightImage: HIDDEN_PICTURE,
    }),
);

export const tagMangoBadges: readonly TagMangoStored[] = [
  tagMangoStored({
    _id: TAG_MANGO_ID,
    name: FIELD_WORDS.name.value,
    description: FIELD_WORDS.description.value,
    imageUrl: PICTURE,
    creator: CREATOR_ID,
    pointCategoryForAutomation: FIELD_WORDS.category.value,
  }),
];
