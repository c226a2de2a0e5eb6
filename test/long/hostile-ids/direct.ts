import { ProviderError } from '../../../src/http/provider-error.ts';
import { type HttpDeps, createProviderHttp } from '../../../src/http/provider-http.ts';
import { isHttpsUrl } from '../../../src/providers/graph-types.ts';
import { providers } from '../../../src/providers/index.ts';
import {
  BADGE_ROUTES,
  type ReturningAIClient,
} from '../../../src/providers/returning-ai/client.ts';
import { readProviderSettings } from '../../../src/providers/settings.ts';
import type { TagMangoClient } from '../../../src/providers/tag-mango/client.ts';
import { isReturningAIBadgeId, isTagMangoId } from './alphabets.ts';
import { plainHttpDeps } from '../../support/http-deps.ts';

const TIMEOUT_MS = 3_000;

/** A call that puts a text into a path, past every check of the graph. */
export interface DirectCall {
  name: string;
  call(text: string): Promise<unknown>;
  isAllowed(text: string): boolean;
}

export interface Direct {
  calls: readonly DirectCall[];
  close(): Promise<void>;
}

const http: HttpDeps = {
  ...plainHttpDeps,
  attemptTimeoutMs: TIMEOUT_MS,
};

/** The providers' own clients, and the one way to a provider below them, on a real socket. */
export function createDirect(variables: Readonly<Record<string, string>>): Direct {
  const returningAI = createClient('returningAI', variables) as ReturningAIClient;
  const tagMango = createClient('tagMango', variables) as TagMangoClient;
  const below = createProviderHttp({
    ...http,
    provider: { enumValue: 'BELOW', title: 'Below' },
    baseUrl: variables.RETURNING_AI_BASE_URL ?? '',
    credentials: {},
    routes: BADGE_ROUTES,
  });
  const bounds = () => ({ purpose: 'write', deadlineAt: Date.now() + 2 * TIMEOUT_MS }) as const;
  const unchecked = (path: string) =>
    below.call({ operation: 'updateBadge', method: 'PUT', path, body: {} }, bounds(), () => null);

  const ofReturningAI = (name: string, call: DirectCall['call']): DirectCall => ({
    name: `client of Returning.AI: ${name}`,
    call,
    isAllowed: isReturningAIBadgeId,
  });
  const ofTagMango = (name: string, call: DirectCall['call']): DirectCall => ({
    name: `client of TagMango: ${name}`,
    call,
    isAllowed: isTagMangoId,
  });
  return {
    calls: [
      ofReturningAI('updateBadge', (id) => returningAI.updateBadge(id, {}, bounds())),
      ofReturningAI('deleteBadge', (id) => returningAI.deleteBadge(id, bounds())),
      ofReturningAI('awardBadge', (id) =>
        returningAI.awardBadge({ id, memberId: '1' }, {}, bounds()),
      ),
      ofReturningAI('removeBadge', (id) =>
        returningAI.removeBadge({ id, memberId: '1' }, {}, bounds()),
      ),
      ofTagMango('updateBadge', (id) => tagMango.updateBadge(id, {}, bounds())),
      ofTagMango('assignBadges', (id) => tagMango.assignBadges(id, {}, bounds())),
      {
        name: 'below the clients: a path with the text as it is',
        call: (text) => unchecked(`/badges/${text}`),
        isAllowed: isReturningAIBadgeId,
      },
      {
        name: 'below the clients: the text for a path',
        call: unchecked,
        isAllowed: () => false,
      },
    ],
    async close() {
      await Promise.all([returningAI.close(), tagMango.close(), below.close()]);
    },
  };
}

function createClient(key: string, variables: Readonly<Record<string, string>>) {
  const provider = providers.find((each) => each.key === key);
  if (!provider) throw new Error(`There is no provider ${key}`);
  const own = Object.keys(provider.settings).map((name) => [name, variables[name]] as const);
  const reading = readProviderSettings(provider.settings, Object.fromEntries(own), {
    isProduction: true,
  });
  if (!('values' in reading) || !reading.values) throw new Error(`${key} is not configured`);
  return provider.createClient(reading.values, { isImageUrl: isHttpsUrl, http });
}

/** `sent`, also if the provider refused it, or `refused` by ourselves before anything left. */
export async function describeCall(calling: Promise<unknown>): Promise<string> {
  try {
    await calling;
    return 'sent';
  } catch (error) {
    if (!(error instanceof ProviderError)) return String(error);
    if (error.effect === 'not-sent') return 'refused';
    return error.effect === 'refused' ? 'sent' : String(error);
  }
}
