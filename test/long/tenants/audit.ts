import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NODE_ENVIRONMENT } from '../../support/process.ts';
import { type Counts, count } from '../../support/tally.ts';
import { type AuditRecord, readAuditRecord } from '../../../src/badges/writing/audit.ts';
import { unmarkedChanges } from './answer.ts';
import { IDS } from './badges.ts';
import type { Company } from './company.ts';
import { foreignIn } from './marks.ts';
import type { Violations } from './violations.ts';

const MAIN = join(import.meta.dirname, '../../../dist/main.js');
const MAX_BYTES = 2 ** 30;

/** The export of all records, as an operator makes it. */
export async function exportAudit(env: Readonly<Record<string, string>>): Promise<AuditRecord[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, '--export-audit'], {
    env: { ...NODE_ENVIRONMENT, ...env },
    maxBuffer: MAX_BYTES,
  });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => {
      const reading = readAuditRecord(line);
      if ('record' in reading) return reading.record;
      throw new Error(`an exported record cannot be read: ${reading.unreadable}`);
    });
}

/** Every record is of one tenant in all its parts, and all writes that arrived have one. Gives the counts by tenant and outcome. */
export function checkAudit(
  records: readonly AuditRecord[],
  companies: readonly Company[],
  violations: Violations,
): Counts {
  const counts: Counts = {};
  const ids = new Set<string>();
  const known = [...IDS.RETURNING_AI, ...IDS.TAG_MANGO];
  for (const record of records) {
    const text = JSON.stringify(record);
    count(counts, `${record.tenant} ${record.outcome}`);
    if (ids.has(record.id)) violations.add('a record comes twice', text);
    ids.add(record.id);
    const company = companies.find(({ id }) => id === record.tenant);
    const isWrong =
      !company ||
      foreignIn(text, company.id) !== undefined ||
      unmarkedChanges(record.changes.map(toValues), company.id).length > 0 ||
      !record.badgeIds.every((id) => known.includes(id));
    if (isWrong) violations.add('a record of several tenants', text);
  }
  for (const { id, fronts } of companies) {
    const arrived = fronts.returningAI.writes + fronts.tagMango.writes;
    const applied = counts[`${id} APPLIED`] ?? 0;
    const unknown = counts[`${id} UNKNOWN`] ?? 0;
    if (arrived < applied || arrived > applied + unknown) {
      const told = `${applied} records of writes, and ${unknown} of unknown outcome`;
      violations.add('records and writes differ', `${id}: ${arrived} writes, ${told}`);
    }
  }
  return counts;
}

/** Records hold JSON texts, of which answers show the values. */
function toValues({ field, before, after }: AuditRecord['changes'][number]) {
  return {
    field,
    before: JSON.parse(before ?? 'null') as unknown,
    after: JSON.parse(after) as unknown,
  };
}
