import { z } from 'zod';
import { ERROR_LEVEL, type ProductionService } from '../../support/service-process.ts';
import type { Company } from './company.ts';
import { foreignIn } from './marks.ts';
import type { Violations } from './violations.ts';

const ofTenant = z.looseObject({ tenant: z.string() });
const WARN_LEVEL = 40;

/** No log line of a tenant names another one, and none reports a fault of a tenant whose providers have none. */
export function watchLog(
  service: ProductionService,
  companies: readonly Company[],
  violations: Violations,
): void {
  service.onLog((line, text) => {
    const company = companies.find(({ id }) => id === ofTenant.safeParse(line).data?.tenant);
    if (!line || !company) {
      if (!line || line.level >= ERROR_LEVEL) violations.add('an odd line of the log', text);
      return;
    }
    const foreign = foreignIn(text, company.id);
    if (foreign !== undefined) violations.add('another’s value in the log', text);
    if (line.level >= WARN_LEVEL && company.mood.goodTime() !== null) {
      violations.add('a fault in the log though all is well', text);
    }
  });
}
