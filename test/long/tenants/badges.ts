import type { StoredBadge as ReturningAIStored } from '../../../src/sandbox/returning-ai.ts';
import type { StoredBadge as TagMangoStored } from '../../../src/sandbox/tag-mango.ts';
import { type TenantId, toCreator, toImage, toNumber, toText } from './marks.ts';

const COUNT = 8;
const NUMBERS = Array.from({ length: COUNT }, (_, number) => number);

/** The same ids at every tenant. */
export const IDS: Readonly<Record<'RETURNING_AI' | 'TAG_MANGO', readonly string[]>> = {
  RETURNING_AI: NUMBERS.map((number) => `84845081-98fd-46f3-96aa-${toHex(number, 12)}`),
  TAG_MANGO: NUMBERS.map((number) => `6657092c8142bfe0${toHex(number, 8)}`),
};
export type ProviderId = keyof typeof IDS;

export const BADGES = [...IDS.RETURNING_AI, ...IDS.TAG_MANGO].length;

/** A member whom both stand-ins know, with their badges. */
export const MEMBER = {
  email: 'ada@example.com',
  id: '6650aa11bb22cc33dd44ee55',
  badgeIds: IDS.TAG_MANGO.slice(0, 3),
};

/** Hidden fields of a badge: the same in every write, so that their values are always known. */
export const toHidden = (tenant: TenantId) => ({
  darkImage: toImage(tenant, 'dark'),
  lightImage: toImage(tenant, 'light'),
  enabledDarkAndLight: true,
  award: true,
  awardCurrency: true,
  awardXpQuantity: toNumber(tenant, 70),
  awardCurrencyQuantity: toNumber(tenant, 7),
});

export function returningAIBadges(tenant: TenantId): ReturningAIStored[] {
  return IDS.RETURNING_AI.map((id, number) => ({
    ...toHidden(tenant),
    id,
    title: toText(tenant, `Badge ${number}`),
    action: `${tenant}-custom`,
    quantity: toNumber(tenant, number),
    image: toImage(tenant, `badge-${number}`),
    description: toText(tenant, `For number ${number}`),
    attachRequired: false,
    awarded: false,
  }));
}

export function tagMangoBadges(tenant: TenantId): TagMangoStored[] {
  const at = new Date(Date.UTC(2024, 4, 31)).toISOString();
  return IDS.TAG_MANGO.map((id, number) => ({
    _id: id,
    creator: toCreator(tenant),
    name: toText(tenant, `Badge ${number}`),
    description: toText(tenant, `For number ${number}`),
    imageUrl: toImage(tenant, `badge-${number}`),
    enableAutomation: true,
    pointsThreshold: toNumber(tenant, number),
    pointCategoryForAutomation: `${tenant}-points`,
    automationEnabledMangoes: [],
    createdAt: at,
    updatedAt: at,
  }));
}

function toHex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}
