import { request } from 'undici';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts';
import { MEMBER, returningAIBadges, tagMangoBadges } from './badges.ts';
import { type Front, startFront } from './front.ts';
import { TENANTS, type TenantId, foreignIn, toCredential } from './marks.ts';
import { type Mood, createMood } from './mood.ts';
import type { Violations } from './violations.ts';

/** A tenant with its own providers. */
export interface Company {
  id: TenantId;
  sandbox: Sandbox;
  fronts: Readonly<Record<'returningAI' | 'tagMango', Front>>;
  mood: Mood;
  /** Its entry in the tenants file. */
  settings: Readonly<Record<string, unknown>>;
  /** Its secrets, as variables of the service. */
  variables: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** The name in dry runs, which must never reach a provider. */
export const DRY = 'Dry';

export async function startCompany(id: TenantId, violations: Violations): Promise<Company> {
  const sandbox = await startSandbox({
    returningAI: { badges: returningAIBadges(id) },
    tagMango: { badges: tagMangoBadges(id) },
  });
  sandbox.tagMango.awards.set(MEMBER.id, new Set(MEMBER.badgeIds));
  const { variables: real } = sandbox;
  const own = toHeaders(id);
  const behind = {
    returningAI: { 'x-api-key': real.RETURNING_AI_API_KEY ?? '' },
    tagMango: {
      authorization: `Bearer ${real.TAG_MANGO_API_KEY}`,
      'x-whitelabel-host': real.TAG_MANGO_WHITELABEL_HOST ?? '',
    },
  };
  function onRequest(text: string): void {
    const foreign = foreignIn(text, id);
    if (foreign !== undefined) violations.add('at another’s provider', `${id} got ${text}`);
    if (text.includes(DRY)) violations.add('a dry run was sent', `${id} got ${text}`);
  }
  const start = (at: 'returningAI' | 'tagMango') =>
    startFront({ standIn: sandbox[at].origin, own: own[at], behind: behind[at], onRequest });
  const fronts = { returningAI: await start('returningAI'), tagMango: await start('tagMango') };
  const keyName = (provider: string) => `KEY_${TENANTS.indexOf(id)}_${provider}`;

  return {
    id,
    sandbox,
    fronts,
    mood: createMood(),
    settings: {
      RETURNING_AI_BASE_URL: fronts.returningAI.origin,
      RETURNING_AI_API_KEY: { variable: keyName('RETURNING_AI') },
      TAG_MANGO_BASE_URL: fronts.tagMango.origin,
      TAG_MANGO_API_KEY: { variable: keyName('TAG_MANGO') },
      TAG_MANGO_WHITELABEL_HOST: toHost(id),
    },
    variables: {
      [keyName('RETURNING_AI')]: toCredential(id, 'RETURNING_AI'),
      [keyName('TAG_MANGO')]: toCredential(id, 'TAG_MANGO'),
    },
    async close() {
      await Promise.all([fronts.returningAI.close(), fronts.tagMango.close(), sandbox.close()]);
    },
  };
}

/** Tries the credentials of every tenant at every tenant's providers: each must accept only its own. */
export async function checkFronts(
  companies: readonly Company[],
  violations: Violations,
): Promise<void> {
  for (const { id, fronts } of companies) {
    for (const other of TENANTS) {
      const headers = toHeaders(other);
      const { returningAI, tagMango } = fronts;
      const badges = '/api/v1/external/gamification/badges';
      const asked = [
        await request(`${returningAI.origin}/badges`, { headers: headers.returningAI }),
        await request(tagMango.origin + badges, { headers: headers.tagMango }),
      ];
      const statuses = asked.map(({ statusCode }) => statusCode);
      await Promise.all(asked.map(({ body }) => body.dump()));
      const isRight = statuses.every((status) => status === (other === id ? 200 : 401));
      if (!isRight)
        violations.add('a stand-in knows no keys', `${id} answered ${other} ${statuses.join()}`);
    }
    for (const front of Object.values(fronts)) front.refused = 0;
  }
}

function toHeaders(id: TenantId) {
  return {
    returningAI: { 'x-api-key': toCredential(id, 'RETURNING_AI') },
    tagMango: {
      authorization: `Bearer ${toCredential(id, 'TAG_MANGO')}`,
      'x-whitelabel-host': toHost(id),
    },
  };
}

const toHost = (id: TenantId) => `${id}.example.com`;
