import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { composeSupergraph, fetchSubgraph } from '../../examples/supergraph/compose.ts';
import { type RunningGateway, startGatewayProcess } from '../support/gateways/index.ts';
import { type LossyProxy, startLossyProxy } from '../support/lossy-proxy.ts';
import { execute } from '../support/service.ts';
import { type WritingService, startWritingService } from '../support/writing.ts';

const TAG_MANGO = '6657092c8142bfe0656481c4';

const UPDATE = `mutation Update($input: UpdateBadgeInput!, $key: String) {
  updateBadge(input: $input, idempotencyKey: $key) {
    badge { ... on BadgeFields { id name } }
    changes { field before after }
    userErrors { code }
  }
}`;
const CREATE = `mutation Create($input: CreateBadgeInput!, $key: String) {
  createBadge(input: $input, idempotencyKey: $key) {
    badge { ... on BadgeFields { name } }
    userErrors { code }
  }
}`;

let service: WritingService;
let proxy: LossyProxy;
let gateway: RunningGateway;
beforeAll(async () => {
  service = await startWritingService();
  const sdl = await fetchSubgraph('badges', service.url);
  proxy = await startLossyProxy(service.url);
  gateway = await startGatewayProcess(
    'hive-retrying',
    composeSupergraph([{ ...sdl, url: proxy.url }]),
  );
});
afterAll(async () => {
  await gateway.close();
  await proxy.close();
  await service.close();
});
beforeEach(() => {
  service.sandbox.tagMango.requests.length = 0;
  proxy.mutations.length = 0;
});

test('Hive Gateway repeats an update whose answers are lost; with a key that is one write, and its client gets the payload', async () => {
  proxy.lose = 2;
  const { data, errors } = await execute<object, object>(gateway.url, UPDATE, {
    input: { tagMango: { id: TAG_MANGO, name: 'Once' } },
    key: 'update',
  });

  expect(errors).toBeUndefined();
  expect(data).toEqual({
    updateBadge: {
      badge: { id: TAG_MANGO, name: 'Once' },
      changes: [{ field: 'name', before: 'Workshop Regular', after: 'Once' }],
      userErrors: [],
    },
  });
  expect(proxy.mutations).toHaveLength(3);
  expect(service.writes()).toHaveLength(1);
});

test('a creation too is made once with a key, and as often as it is repeated without', async () => {
  const create = async (key: string | null) => {
    proxy.lose = 1;
    const { data } = await execute<object, object>(gateway.url, CREATE, {
      input: { tagMango: { name: `Made with ${key}` } },
      key,
    });
    return data;
  };

  expect(await create('create')).toEqual({
    createBadge: { badge: { name: 'Made with create' }, userErrors: [] },
  });
  expect(service.writes()).toHaveLength(1);
  await create(null);
  expect(service.writes()).toHaveLength(3);
});
