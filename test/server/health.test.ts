import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestService, startTestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

test('is live and ready, also while both providers are down', async () => {
  service.sandbox.returningAI.faults.set('*', { kind: 'answer', status: 503 });
  service.sandbox.tagMango.faults.set('*', { kind: 'answer', status: 503 });

  const live = await fetch(`${service.url}/health/live`);
  const ready = await fetch(`${service.url}/health/ready`);

  expect([live.status, await live.json()]).toEqual([200, { status: 'live' }]);
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
});
