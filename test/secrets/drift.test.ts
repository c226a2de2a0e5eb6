import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { startSandbox } from '../../src/sandbox/index.ts';
import { READS, send } from './calls.ts';
import { startMain } from '../support/service-process.ts';
import { toPlainMarker } from './markers.ts';
import { findMarkers } from './search.ts';

const ROUTER_SECRET = 'the-secret-of-the-router';
/** As short and plain as an id. */
const KEY = toPlainMarker('key that could be an id');

test.each(['production', 'development'])(
  'a provider that gives our key as an id makes no line of the log in %s that holds it',
  async (nodeEnv) => {
    const sandbox = await startSandbox();
    const { faults, keys, origin } = sandbox.returningAI;
    keys.add(KEY.value);
    const body = ['one', 'another'].map((title) => ({ id: KEY.value, title, [KEY.value]: title }));
    faults.set('listBadges', { kind: 'answer', body: { body } });
    const folder = mkdtempSync(join(tmpdir(), 'badges-drift-'));
    const service = startMain({
      env: {
        NODE_ENV: nodeEnv,
        RETURNING_AI_BASE_URL: origin,
        RETURNING_AI_API_KEY: KEY.value,
        ROUTER_SECRET,
        STATE_DIR: join(folder, 'state'),
      },
    });
    try {
      const url = await service.url;
      for (const call of READS) {
        await send(url, call, { 'router-authorization': ROUTER_SECRET });
      }
      expect(service.stdout()).toMatch(/ambiguousIds.*\s*"\[redacted\]"/);
      const said = { from: 'stdout', text: service.stdout() };
      expect(findMarkers([said], [KEY])).toEqual([]);
    } finally {
      await service.kill();
      await sandbox.close();
      rmSync(folder, { recursive: true });
    }
  },
);
