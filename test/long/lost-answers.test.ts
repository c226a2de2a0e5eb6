import { expect, test } from '@jest/globals';
import { writeThroughLosses } from '../desk/lossy-writes.ts';
import { findDeskBrowser, startDesk } from '../support/desk.ts';
import { TIMEOUT_MS, isShort, runsOf, showFigures } from './size.ts';

const WRITES = runsOf({ short: 0, full: 1_000 });

const executablePath = isShort ? undefined : findDeskBrowser();
if (isShort) console.log('Skipped: lost answers at the badge desk, a few of which test/desk has.');
else if (!executablePath)
  console.log(
    'Skipped: lost answers at the badge desk, since chromium or its packages are missing.',
  );

(executablePath ? test : test.skip)(
  'when every third answer to the badge desk is lost, nothing is written twice, and the page shows what the providers hold',
  async () => {
    const desk = await startDesk(executablePath ?? '', {
      sandbox: { tagMango: { requestLimit: 10_000 } },
    });
    try {
      const began = performance.now();
      const { writes, dropped, sent, differences } = await writeThroughLosses(desk, WRITES);
      showFigures('lost answers at the badge desk', [
        ['creations, renames and awards', writes],
        ['answers dropped', dropped],
        ['writes that reached the providers', sent],
        ['seconds', Math.round((performance.now() - began) / 1_000)],
      ]);
      expect(differences).toEqual([]);
      expect(sent).toBe(writes);
      expect(dropped).toBeGreaterThanOrEqual(writes);
    } finally {
      await desk.close();
    }
  },
  TIMEOUT_MS,
);
