import { z } from 'zod';
import { badgeList, oneBadge } from '../fault-kinds/records.ts';
import type { BadgesInAnswers } from '../fault-kinds/records.ts';

const envelope = z.looseObject({ body: z.unknown() });

export const badgesInAnswers: BadgesInAnswers = {
  fields: { id: 'id', name: 'title' },
  places: {
    listBadges: badgeList,
    createBadge: oneBadge,
    updateBadge: oneBadge,
    awardBadge: badgeList,
  },
  editPayload(answer, edit) {
    const enveloped = envelope.parse(answer);
    return { ...enveloped, body: edit(enveloped.body) };
  },
};
