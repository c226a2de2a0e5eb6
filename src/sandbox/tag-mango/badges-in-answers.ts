import { badgeList, oneBadge } from '../fault-kinds/records.ts';
import type { BadgesInAnswers, Place } from '../fault-kinds/records.ts';
import { editField } from './envelope.ts';
import type { Envelope } from './envelope.ts';

const badgesOfUser: Place = {
  isList: true,
  edit: (user, edit) => editField(user, 'badges', (badges) => badgeList.edit(badges, edit)),
};

export function createBadgesInAnswers(envelope: Envelope): BadgesInAnswers {
  return {
    fields: { id: '_id', name: 'name', creator: 'creator' },
    places: {
      listBadges: badgeList,
      createBadge: oneBadge,
      updateBadge: oneBadge,
      lookupUser: badgesOfUser,
    },
    editPayload: envelope.edit,
  };
}
