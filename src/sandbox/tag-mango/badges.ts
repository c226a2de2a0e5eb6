import { z } from 'zod';
import { type BadgesInAnswers, type Place, badgeList, oneBadge } from '../fault-kinds/records.ts';

/** The documentation shows all three. */
export type EnvelopeKind = 'result' | 'data' | 'bare';

export interface Envelope {
  wrap: (payload: unknown) => unknown;
  /** Changes the content of the envelope only. */
  edit: (answer: unknown, edit: (payload: unknown) => unknown) => unknown;
}

const object = z.record(z.string(), z.unknown());

export function createEnvelope(kind: EnvelopeKind): Envelope {
  const success = { message: 'Success', success: true };
  switch (kind) {
    case 'result':
      return {
        wrap: (result) => ({ ...success, result, code: 200, statusMessage: 'OK' }),
        edit: (answer, edit) => editField(answer, 'result', edit),
      };
    case 'data':
      return {
        wrap: (data) => ({ ...success, data }),
        edit: (answer, edit) => editField(answer, 'data', edit),
      };
    case 'bare':
      return { wrap: (payload) => payload, edit: (answer, edit) => edit(answer) };
  }
}

function editField(
  holder: unknown,
  field: string,
  edit: (value: unknown) => unknown,
): Record<string, unknown> {
  const fields = object.parse(holder);
  return { ...fields, [field]: edit(fields[field]) };
}

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

const objectId = z.string().regex(/^[0-9a-f]{24}$/i);

/** The body of a PATCH: any subset of these fields. */
export const patchSchema = z
  .strictObject({
    name: z.string().min(1),
    description: z.string(),
    imageUrl: z.string(),
    enableAutomation: z.boolean(),
    pointsThreshold: z.number().nullable(),
    pointCategoryForAutomation: z.string().nullable(),
    automationEnabledMangoes: z.array(objectId),
  })
  .partial();

/** The writable fields. */
export const WRITABLE_FIELDS: ReadonlySet<string> = new Set(Object.keys(patchSchema.shape));

/** A POST needs a name. */
export const createSchema = patchSchema.required({ name: true });

export interface StoredBadge {
  _id: string;
  creator: string;
  name: string;
  description: string;
  imageUrl: string;
  enableAutomation: boolean;
  pointsThreshold: number | null;
  pointCategoryForAutomation: string | null;
  automationEnabledMangoes: string[];
  createdAt: string;
  updatedAt: string;
}

const DEMO_CREATOR = '6149b1e5612c4e5fd96041d3';
const MANGOES: string[] = ['6659ca9e5f2acb7abfdcd8fd', '665af1205f2acb7abfdd0a11'];

export function newBadge(
  id: string,
  given: z.output<typeof createSchema>,
  at: string,
): StoredBadge {
  const defaults = {
    _id: id,
    creator: DEMO_CREATOR,
    description: '',
    imageUrl: '',
    enableAutomation: false,
    pointsThreshold: null,
    pointCategoryForAutomation: null,
    automationEnabledMangoes: new Array<string>(),
    createdAt: at,
    updatedAt: at,
  };
  return Object.assign(defaults, given);
}

/** Badges of a course creator. `picture` returns the URL of a demo picture. */
export function demoBadges(picture: (name: string) => string): StoredBadge[] {
  const points = (pointsThreshold: number) => ({
    enableAutomation: true,
    pointsThreshold,
    pointCategoryForAutomation: 'lifetime',
  });
  return (
    [
      ['6657092c8142bfe0656481bf', 'Hall of Fame', 'Named by the creator, once a year.', {}],
      ['6657092c8142bfe0656481c0', 'Century Club', 'A hundred points.', points(100)],
      [
        '6657092c8142bfe0656481c1',
        'Thousand Points',
        'A thousand points, and counting.',
        points(1000),
      ],
      [
        '6657092c8142bfe0656481c2',
        'Founding Member',
        'Subscribed in the first year.',
        { enableAutomation: true, automationEnabledMangoes: MANGOES },
      ],
      ['6657092c8142bfe0656481c3', 'Course Finisher', 'Watched every lesson to its end.', {}],
      ['6657092c8142bfe0656481c4', 'Workshop Regular', 'Joined ten live workshops.', {}],
      ['6657092c8142bfe0656481c5', 'Quiz Master', 'No wrong answer in a final quiz.', {}],
      [
        '6657092c8142bfe0656481c6',
        'Helping Hand',
        'Fifty answers to questions of others.',
        points(50),
      ],
    ] satisfies [string, string, string, Partial<StoredBadge>][]
  ).map(([id, name, description, rest], index) => {
    const imageUrl = picture(name.toLowerCase().replaceAll(' ', '-'));
    const at = new Date(Date.UTC(2024, 4, 29 + index, 13, 3, 26, 375)).toISOString();
    return newBadge(id, { name, description, imageUrl, ...rest }, at);
  });
}
