import { AlwaysOnSampler } from '@opentelemetry/sdk-trace-node';
import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '../state/eventually.ts';
import { sendOperation } from '../support/graphql-client.ts';
import { startTestService } from '../support/service.ts';
import { recordSpans } from '../support/spans.ts';

const spans = recordSpans({ sampler: new AlwaysOnSampler() });
afterAll(() => spans.close());

test('an SDK that records every trace also records those that the router does not', async () => {
  const service = await startTestService({ configured: ['tagMango'] });
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-00` };
  await sendOperation(
    `${service.url}/graphql`,
    { query: '{ badges { totalCount } }' },
    { headers },
  );
  await eventually(() => spans.trees().length === 1);
  expect(spans.trees()).toMatchObject([
    { traceId, name: 'POST /graphql', children: [{ name: 'query', children: [{ name: 'GET' }] }] },
  ]);
  await service.close();
});
