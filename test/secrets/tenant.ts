import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { returningAIBadges, tagMangoBadges } from './badges.ts';
import { type Marker, toSecretMarker } from './markers.ts';

/** A company with planted credentials. */
export interface PlantedTenant {
  id: string;
  keys: Record<'returningAI' | 'integration' | 'tagMango', Marker>;
}

export function plantTenant(id: string): PlantedTenant {
  const plant = (which: string): Marker => toSecretMarker(`${which} key of ${id}`);
  return {
    id,
    keys: {
      returningAI: plant('Returning.AI'),
      integration: plant('integration'),
      tagMango: plant('TagMango'),
    },
  };
}

export const keysOf = ({ keys }: PlantedTenant): Marker[] => Object.values(keys);

/** Stand-ins with words in every record, which take the keys of these tenants. */
export async function startPlantedSandbox(tenants: readonly PlantedTenant[]): Promise<Sandbox> {
  const sandbox = await startSandbox({
    returningAI: { badges: returningAIBadges },
    tagMango: { badges: tagMangoBadges },
  });
  for (const { keys } of tenants) {
    sandbox.returningAI.keys.add(keys.returningAI.value);
    sandbox.tagMango.keys.add(keys.tagMango.value);
  }
  return sandbox;
}

/** Where a tenant's providers are. */
export interface Places {
  returningAI: string;
  integration: string;
  tagMango: string;
}

/** The settings of a tenant that are no secrets. */
export function toPlainSettings({ returningAI, integration, tagMango }: Places) {
  return {
    RETURNING_AI_BASE_URL: returningAI,
    RETURNING_AI_INTEGRATION_BASE_URL: integration,
    TAG_MANGO_BASE_URL: tagMango,
    TAG_MANGO_WHITELABEL_HOST: 'sandbox.tagmango.com',
  };
}

export function toSecretSettings({ keys }: PlantedTenant): Record<string, string> {
  return {
    RETURNING_AI_API_KEY: keys.returningAI.value,
    RETURNING_AI_INTEGRATION_API_KEY: keys.integration.value,
    TAG_MANGO_API_KEY: keys.tagMango.value,
  };
}
