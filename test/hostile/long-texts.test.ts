import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { returningAIStored, tagMangoStored } from '../support/records.ts';
import { type Answer, type TestService, startTestService } from '../support/service.ts';

let service: TestService;
/** The same for a thousand characters and more. */
const NAMES = ['a', 'b', 'c'].map((end) => 'n'.repeat(20_000) + end);

beforeAll(async () => {
  service = await startTestService({
    freshSeconds: 0,
    sandbox: {
      tagMango: {
        badges: NAMES.map((name, index) =>
          tagMangoStored({ _id: `${index}`.repeat(24), name, description: 'd'.repeat(600_000) }),
        ),
      },
      returningAI: { badges: [returningAIStored()] },
    },
  });
});
afterAll(() => service.close());

const userErrorsOf = async (input: string) => {
  const { data, errors } = await service.execute<{ updateBadge: { userErrors: object[] } }, object>(
    `mutation { updateBadge(dryRun: true, input: ${input}) { userErrors { code fields message } } }`,
  );
  expect(errors).toBeUndefined();
  return data.updateBadge.userErrors;
};

describe('a text to be written', () => {
  const returningAI = (field: string, value: string) =>
    `{ returningAI: { id: "${returningAIStored().id}", hiddenFields: OMIT, ${field}: "${value}" } }`;
  const tagMango = (field: string, value: string) =>
    `{ tagMango: { id: "${'0'.repeat(24)}", ${field}: "${value}" } }`;

  test.each([
    ['tagMango', 'name', 1_000, tagMango],
    ['tagMango', 'description', 10_000, tagMango],
    ['tagMango', 'pointCategoryForAutomation', 1_000, tagMango],
    ['returningAI', 'title', 1_000, returningAI],
    ['returningAI', 'action', 1_000, returningAI],
    ['returningAI', 'description', 10_000, returningAI],
  ] as const)('%s.%s may have %i characters', async (provider, field, most, toInput) => {
    expect(await userErrorsOf(toInput(field, 'x'.repeat(most)))).toEqual([]);
    expect(await userErrorsOf(toInput(field, 'x'.repeat(most + 1)))).toEqual([
      {
        code: 'INVALID_INPUT',
        fields: [['input', provider, field]],
        message: `Field "${field}" must have at most ${most} characters, counted in UTF-16 units, of which most emoji have at least two.`,
      },
    ]);
  });
});

interface Page {
  nodes: { id: string }[];
  pageInfo: { endCursor: string | null; hasNextPage: boolean };
}

/** The ids of each page of a field, up to one page more than there should be. */
async function pagesOf(toField: (args: string) => string, most: number): Promise<string[][]> {
  const pages: string[][] = [];
  let after: string | null = null;
  do {
    const query = `query ($after: String) { page: ${toField('after: $after')} }`;
    const answer: Answer<{ page: Page }> = await service.execute(query, { after });
    expect(answer.errors).toBeUndefined();
    const { nodes, pageInfo }: Page = answer.data.page;
    pages.push(nodes.map(({ id }) => id));
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null && pages.length <= most);
  return pages;
}

const PAGE_INFO = 'pageInfo { endCursor hasNextPage }';

test('badges whose long names begin alike are paged through once each', async () => {
  const pages = await pagesOf(
    (args) =>
      `badges(first: 1, ${args}, filter: { providers: [TAG_MANGO] }) { nodes { ... on BadgeFields { id } } ${PAGE_INFO} }`,
    NAMES.length,
  );
  expect(pages).toEqual(['0', '1', '2'].map((digit) => [digit.repeat(24)]));
});

test.each([
  ['badges(after: $after) { totalCount }'],
  [`badgeHistory(provider: TAG_MANGO, id: "${'0'.repeat(24)}", after: $after) { nodes { id } }`],
])('a cursor that is longer than any is refused unread: %s', async (field) => {
  const after = Buffer.from(`[${'[],'.repeat(5_000)}[]]`).toString('base64url');
  const { errors } = await service.execute(`query ($after: String) { ${field} }`, { after });
  expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }]);
});

test('a page of a history ends early when its texts are long, and the next one goes on', async () => {
  const id = '0'.repeat(24);
  for (const description of ['one', 'two', 'three']) {
    // Somebody writes another long one elsewhere each time.
    const stored = service.sandbox.tagMango.badges.get(id);
    if (stored) stored.description = `${'d'.repeat(600_000)} before ${description}`;
    const input = `{ tagMango: { id: "${id}", description: "${description}" } }`;
    await service.execute(`mutation { updateBadge(input: ${input}) { userErrors { code } } }`);
  }
  const pages = await pagesOf(
    (args) =>
      `badgeHistory(provider: TAG_MANGO, id: "${id}", ${args}) { nodes { id } ${PAGE_INFO} }`,
    3,
  );
  expect(pages.map(({ length }) => length)).toEqual([1, 1, 1]);
});
