import type { ProviderCheck } from '../provider.ts';
import type { TagMangoClient } from './client.ts';

/** An address of nobody: the domain cannot exist. */
const NOBODY = { email: 'nobody@badges-check.invalid', phone: null };
const SETTINGS = ['TAG_MANGO_BASE_URL', 'TAG_MANGO_API_KEY', 'TAG_MANGO_WHITELABEL_HOST'];

export const check: ProviderCheck = {
  contract: new URL('contract.yaml', import.meta.url),
  idFields: ['_id'],
  reads: [
    {
      operation: 'listBadges',
      settings: SETTINGS,
      send: (client, bounds) => client.listBadges(bounds),
    },
    {
      operation: 'lookupUser',
      settings: SETTINGS,
      isOfMember: true,
      send: (client: TagMangoClient, bounds) => client.findMember(NOBODY, bounds),
    },
  ],
  scratch: {
    nameField: 'name',
    fields: {
      description: 'Made by a check of this API. It can be deleted.',
      imageUrl: 'https://example.com/badges-check.png?size=200&mode=plain',
      // Automation stays off: no member may gain it. Mangoes would have to be real ones.
      enableAutomation: false,
      pointsThreshold: 1_000_003,
      pointCategoryForAutomation: 'lifetime',
    },
    requiredFields: [],
    textField: 'description',
    numberField: 'pointsThreshold',
    urlField: 'imageUrl',
    nullFields: ['description', 'imageUrl', 'pointsThreshold', 'pointCategoryForAutomation'],
  },
};
