import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import {
  BadgePageDocument,
  OneBadgeDocument,
  UpdateBadgeDocument,
} from '../generated/operations.ts';
import { tagMangoStored } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';

/** A provider that answers with records of another creator, as after a mix-up of keys. */

const OURS = '6657092c8142bfe0656481bf';
const FOREIGN = '6657092c8142bfe0656481c0';

let sandbox: Sandbox;
let service: TestService;
beforeEach(async () => {
  const foreign = tagMangoStored({ _id: FOREIGN, creator: 'f'.repeat(24) });
  sandbox = await startSandbox({ tagMango: { badges: [tagMangoStored(), foreign] } });
  const { creator } = tagMangoStored();
  service = await startTestService({
    providerValues: {
      tagMango: { ...sandbox.providerValues.tagMango, TAG_MANGO_CREATOR_ID: creator },
    },
  });
});
afterEach(async () => {
  await service.close();
  await sandbox.close();
});

const rename = (id: string) =>
  service.execute(UpdateBadgeDocument, { input: { tagMango: { id, name: 'New' } } });
const writes = () => sandbox.tagMango.requests.filter(({ method }) => method !== 'GET');

test('a record of another creator is dropped, counted, and told in the log', async () => {
  const { data } = await service.execute(BadgePageDocument, {});
  expect(data.badges?.edges.map(({ node }) => node.id)).toEqual([OURS]);
  expect(data.badges?.sources[1]?.droppedRecords).toBe(1);
  expect(service.log).toContainEqual(expect.objectContaining({ firstMalformedField: 'creator' }));
});

test('its own lookup is an error, and nothing is written to it', async () => {
  const { data, errors } = await service.execute(OneBadgeDocument, {
    provider: 'TAG_MANGO',
    id: FOREIGN,
  });
  const update = await rename(FOREIGN);

  expect([data.badge, errors?.[0]?.extensions?.code]).toEqual([null, 'PROVIDER_BAD_RESPONSE']);
  expect(update.data.updateBadge.userErrors).toMatchObject([{ code: 'PROVIDER_BAD_RESPONSE' }]);
  expect(writes()).toEqual([]);
});

test('a write that is answered with a record of another creator is of unknown outcome', async () => {
  sandbox.tagMango.faults.set('updateBadge', {
    kind: 'answer',
    isApplied: true,
    body: tagMangoStored({ name: 'New', creator: 'f'.repeat(24) }),
  });
  const { data } = await rename(OURS);
  expect(data.updateBadge).toMatchObject({
    badge: { name: 'New', creator: tagMangoStored().creator },
    userErrors: [{ code: 'OUTCOME_UNKNOWN' }],
  });
  expect(writes()).toHaveLength(1);
});
