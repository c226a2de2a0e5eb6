import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { returningAIStored, tagMangoStored } from '../support/records.ts';
import { type Answer, type TestService, startTestService } from '../support/service.ts';
import { writesOf } from '../support/writing.ts';
import { BAD_URLS, GOOD_URLS, LOOPBACK_URLS } from './urls.ts';

const ALL_URLS = [...GOOD_URLS, ...LOOPBACK_URLS, ...BAD_URLS];

/** Every field for a picture that an input has; `$url` goes into all of them. */
const WRITES = `
  mutation ($url: String!) {
    image: createBadge(input: { returningAI: { title: "a", image: $url } }) { ...Errors }
    darkImage: createBadge(input: { returningAI: { title: "a", darkImage: $url } }) { ...Errors }
    lightImage: createBadge(input: { returningAI: { title: "a", lightImage: $url } }) { ...Errors }
    imageUrl: createBadge(input: { tagMango: { name: "a", imageUrl: $url } }) { ...Errors }
  }
  fragment Errors on CreateBadgePayload { userErrors { code fields } }`;
const UPDATES = `
  mutation ($url: String!) {
    image: updateBadge(input: { returningAI: { id: "0", image: $url } }) { ...Errors }
    darkImage: updateBadge(input: { returningAI: { id: "0", darkImage: $url } }) { ...Errors }
    lightImage: updateBadge(input: { returningAI: { id: "0", lightImage: $url } }) { ...Errors }
    imageUrl: updateBadge(input: { tagMango: { id: "${'0'.repeat(24)}", imageUrl: $url } }) { ...Errors }
  }
  fragment Errors on UpdateBadgePayload { userErrors { code fields } }`;

const LIST = `query ($provider: BadgeProvider!, $after: String) {
  badges(first: 100, after: $after, filter: { providers: [$provider] }) {
    nodes { ... on BadgeFields { id imageUrl } ... on ReturningAIBadge { image } }
    pageInfo { hasNextPage endCursor }
  }
}`;
interface Shown {
  id: string;
  imageUrl: string | null;
  /** The same, at Returning.AI. */
  image?: string | null;
}
interface Page {
  badges: { nodes: Shown[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}

const refusedAt = (provider: string, field: string) => ({
  userErrors: [{ code: 'INVALID_INPUT', fields: [['input', provider, field]] }],
});
const REFUSED = {
  image: refusedAt('returningAI', 'image'),
  darkImage: refusedAt('returningAI', 'darkImage'),
  lightImage: refusedAt('returningAI', 'lightImage'),
  imageUrl: refusedAt('tagMango', 'imageUrl'),
};
const clean = { userErrors: [] };
const ACCEPTED = { image: clean, darkImage: clean, lightImage: clean, imageUrl: clean };

const toId = (index: number) => index.toString(16).padStart(24, '0');

describe.each([
  ['in production', true, GOOD_URLS, [...LOOPBACK_URLS, ...BAD_URLS]],
  ['outside production', false, [...GOOD_URLS, ...LOOPBACK_URLS], BAD_URLS],
] as const)('%s', (_where, isProduction, good, bad) => {
  let service: TestService;
  /** Without records: a list that was written to is read again. */
  let written: TestService;
  beforeAll(async () => {
    written = await startTestService({
      isProduction,
      sandbox: {
        returningAI: { badges: [] },
        tagMango: { badges: [], requestLimit: 100_000 },
      },
    });
    service = await startTestService({
      isProduction,
      sandbox: {
        returningAI: {
          badges: ALL_URLS.map((image, index) => returningAIStored({ id: toId(index), image })),
        },
        tagMango: {
          badges: ALL_URLS.map((imageUrl, index) => tagMangoStored({ _id: toId(index), imageUrl })),
          requestLimit: 100_000,
        },
      },
    });
  });
  afterAll(() => Promise.all([service.close(), written.close()]));
  beforeEach(() => {
    for (const { badges, requests } of [written.sandbox.returningAI, written.sandbox.tagMango]) {
      badges.clear();
      requests.length = 0;
    }
  });

  test.each(['RETURNING_AI', 'TAG_MANGO'])(
    'records of %s show the good ones as they are, and null for all others',
    async (provider) => {
      const seen = await listAll(provider);
      const shown = new Map(seen.map(({ id, imageUrl }) => [ALL_URLS[parseInt(id, 16)], imageUrl]));
      expect(shown).toEqual(
        new Map(ALL_URLS.map((url) => [url, good.some((each) => each === url) ? url : null])),
      );
      for (const { image, imageUrl } of seen) expect([undefined, imageUrl]).toContain(image);
    },
  );

  async function listAll(provider: string): Promise<Shown[]> {
    const seen: Shown[] = [];
    for (let after: string | null = null, isMore = true; isMore;) {
      const { data }: Answer<Page> = await service.execute<Page, object>(LIST, { provider, after });
      seen.push(...data.badges.nodes);
      ({ hasNextPage: isMore, endCursor: after } = data.badges.pageInfo);
    }
    return seen;
  }

  test.each(bad)('an input with %j is refused at its field, and nothing is asked', async (url) => {
    for (const mutation of [WRITES, UPDATES]) {
      expect((await written.execute(mutation, { url })).data).toEqual(REFUSED);
    }
    expect(written.sandbox.returningAI.requests).toEqual([]);
    expect(written.sandbox.tagMango.requests).toEqual([]);
  });

  test.each(good)('an input with %j is written as it is', async (url) => {
    expect((await written.execute(WRITES, { url })).data).toEqual(ACCEPTED);
    expect(writesOf(written.sandbox).map(({ body }) => body)).toEqual([
      expect.objectContaining({ image: url }),
      expect.objectContaining({ darkImage: url }),
      expect.objectContaining({ lightImage: url }),
      expect.objectContaining({ imageUrl: url }),
    ]);
  });
});

test.each([
  [
    'a space',
    ' https://img.example/a.png',
    'must be an https URL without spaces, quotation marks, angle brackets, backslashes or invisible characters. Set it to "" for no image.',
  ],
  [
    'too many characters',
    `https://img.example/${'a'.repeat(8_000)}`,
    'must have at most 8000 characters, counted in UTF-16 units, of which most emoji have at least two.',
  ],
])('the message about a picture with %s says what is wrong', async (_what, url, message) => {
  const service = await startTestService();
  try {
    const mutation = WRITES.replace('code fields', 'message');
    const { data } = await service.execute<object, object>(mutation, { url });
    const fields = Object.keys(REFUSED);
    expect(data).toEqual(
      Object.fromEntries(
        fields.map((field) => [
          field,
          { userErrors: [{ message: `Field "${field}" ${message}` }] },
        ]),
      ),
    );
  } finally {
    await service.close();
  }
});
