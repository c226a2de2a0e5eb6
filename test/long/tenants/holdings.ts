import type { Company } from './company.ts';
import { foreignIn, isOwnNumber, isOwnText, toCreator } from './marks.ts';
import { toHidden } from './badges.ts';
import type { Violations } from './violations.ts';

/** At the end, the stand-ins contain only data of their own tenant, including hidden fields. */
export function checkHoldings(companies: readonly Company[], violations: Violations): void {
  for (const { id, sandbox, fronts } of companies) {
    const refused = fronts.returningAI.refused + fronts.tagMango.refused;
    if (refused > 0) violations.add('another’s credentials', `${id} got ${refused}`);
    for (const badge of sandbox.returningAI.badges.values()) {
      const isOwn =
        isOwnText(id, badge.title) &&
        isOwnNumber(id, badge.quantity) &&
        Object.entries(toHidden(id)).every(([field, value]) => {
          return Object.entries(badge).some(([name, held]) => name === field && held === value);
        });
      if (!isOwn) report(badge);
    }
    for (const badge of sandbox.tagMango.badges.values()) {
      const isOwn =
        isOwnText(id, badge.name) &&
        isOwnNumber(id, badge.pointsThreshold) &&
        badge.creator === toCreator(id);
      if (!isOwn) report(badge);
    }
    function report(badge: object): void {
      violations.add('another’s value is held', `${id} holds ${JSON.stringify(badge)}`);
    }
    const all = [...sandbox.returningAI.badges.values(), ...sandbox.tagMango.badges.values()];
    all.filter((badge) => foreignIn(JSON.stringify(badge), id) !== undefined).forEach(report);
  }
}
