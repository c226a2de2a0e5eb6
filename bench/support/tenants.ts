import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Children, makeFolder } from '../../test/support/children.ts';
import { ROUTER_SECRET } from '../../test/support/service-process.ts';
import { sendOperation } from '../../test/support/graphql-client.ts';
import { startStandIns } from '../comparison/targets.ts';

export interface Size {
  tenants: number;
  /** Of each tenant, half of them of each provider. */
  badges: number;
}

export const nameOf = (number: number): string => `tenant-${number}`;
const keyOf = (number: number, provider: string): string => `key-${provider}-${number}`;

/** Starts stand-ins, and returns the settings of a service with so many tenants, whose lists are equal. */
export async function startTenants(
  children: Children,
  { tenants, badges }: Size,
): Promise<Record<string, string>> {
  const { variables } = await startStandIns(children, badges / 2, tenants);
  const keys: Record<string, string> = {};
  const all = Array.from({ length: tenants }, (_, number) => {
    const [first, second] = [`FIRST_KEY_${number}`, `SECOND_KEY_${number}`];
    Object.assign(keys, {
      [first]: keyOf(number, 'returningAI'),
      [second]: keyOf(number, 'tagMango'),
    });
    const settings = {
      RETURNING_AI_BASE_URL: variables.RETURNING_AI_BASE_URL,
      RETURNING_AI_API_KEY: { variable: first },
      TAG_MANGO_BASE_URL: variables.TAG_MANGO_BASE_URL,
      TAG_MANGO_API_KEY: { variable: second },
      TAG_MANGO_WHITELABEL_HOST: variables.TAG_MANGO_WHITELABEL_HOST,
    };
    return [nameOf(number), settings] as const;
  });
  const file = join(makeFolder(children), 'tenants.yaml');
  writeFileSync(file, stringify({ tenants: Object.fromEntries(all) }));
  return { ...keys, TENANTS_FILE: file, MALLOC_ARENA_MAX: '2' };
}

export interface Representation {
  __typename: string;
  id: string;
}

/** The keys of up to 100 badges of the first tenant, which the others have too. Rejects while no list can be read. */
export async function readIds(url: string): Promise<Representation[]> {
  const headers = { 'router-authorization': ROUTER_SECRET, 'x-badges-tenant': nameOf(0) };
  const query = '{ badges(first: 100) { nodes { __typename ... on BadgeFields { id } } } }';
  const { text } = await sendOperation(url, { query }, { headers });
  const { data } = JSON.parse(text) as { data: { badges: { nodes: Representation[] } } };
  return data.badges.nodes;
}
