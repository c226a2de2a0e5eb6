import { ProviderError, badResponse } from '../../../src/http/provider-error.ts';
import { toBadgeList } from '../../../src/providers/badge-list.ts';
import { providers } from '../../../src/providers/index.ts';
import type { Provider } from '../../../src/providers/provider.ts';
import type { BadgeHolder } from '../../../src/providers/returning-ai/client.ts';
import { toReturningAIBadge } from '../../../src/providers/returning-ai/badge.ts';

/** The provider's reaction to a write. */
export const WRITE_FAULTS = [
  'none',
  'not-sent',
  'refused',
  /** The response is lost, and the write may be lost too. */
  'lost',
  'lost-applied',
  /** Accepted without a body. */
  'empty',
  'empty-applied',
  /** This process ends while it waits. */
  'killed',
  'killed-applied',
] as const;
export type WriteFault = (typeof WRITE_FAULTS)[number];

/** Which reads of the list fail during a mutation: before the write, after it, all. */
export const READ_FAULTS = ['none', 'first', 'later', 'all'] as const;
export type ReadFault = (typeof READ_FAULTS)[number];

/** A write that reached the provider, and was applied, or may have been as far as the service can tell. */
export interface Sent {
  scope: string;
  badgeId: string | null;
  isApplied: boolean;
}

export interface ScriptedProvider {
  provider: Provider;
  client: { listBadges: () => ReturnType<typeof toBadgeList>; close: () => Promise<void> };
  sent: Sent[];
  /** Whether the provider has a badge of this id. */
  has(id: string): boolean;
  /** Sets the faults of the next mutation. `scope` marks its writes; `killed` is called when one waits to be killed. */
  script(next: { scope: string; write: WriteFault; read: ReadFault; killed: () => void }): void;
}

const found = providers.find(({ key }) => key === 'returningAI');
if (!found) throw new Error('there is no such provider');
const provider = found;
const forever = () => new Promise<never>(() => undefined);

/** Returning.AI's client without HTTP. It follows a script and counts calls. */
export function createScriptedProvider(ids: readonly string[]): ScriptedProvider {
  const records = new Map<string, object>(
    ids.map((id) => [id, toAnswer(id, { title: id, action: 'custom', quantity: 1 })]),
  );
  const sent: Sent[] = [];
  let made = 0;
  let reads = 0;
  let now: Parameters<ScriptedProvider['script']>[0] = {
    scope: '',
    write: 'none',
    read: 'none',
    killed: () => undefined,
  };
  const toBadge = (record: unknown) =>
    toReturningAIBadge(record, { isImageUrl: () => true, values: undefined });

  async function write<T>(badgeId: string | null, apply: () => T): Promise<T | null> {
    const { scope, write: fault, killed } = now;
    const send = (isApplied: boolean) => {
      sent.push({ scope, badgeId, isApplied });
      return isApplied ? apply() : null;
    };
    // Later calls under the same script succeed.
    now = { ...now, write: 'none' };
    switch (fault) {
      case 'none':
        return send(true);
      case 'not-sent':
        throw new ProviderError('could not be reached', {
          kind: 'unavailable',
          effect: 'not-sent',
        });
      case 'refused':
        throw new ProviderError('refused', { kind: 'rejected', effect: 'refused' });
      case 'lost':
      case 'lost-applied':
        send(fault === 'lost-applied');
        throw badResponse('lost its answer');
      case 'empty':
      case 'empty-applied':
        send(fault === 'empty-applied');
        return null;
      case 'killed':
      case 'killed-applied':
        send(fault === 'killed-applied');
        killed();
        return forever();
    }
  }

  function put(id: string, body: object) {
    const record = toAnswer(id, body);
    records.set(id, record);
    const reading = toBadge(record);
    if (!('badge' in reading)) throw new Error(`${id} cannot be read`);
    return [reading.badge];
  }

  const client = {
    async listBadges() {
      reads += 1;
      const isFirst = reads === 1;
      if (now.read === 'all' || now.read === (isFirst ? 'first' : 'later')) {
        throw new ProviderError('returned the error status 503', {
          kind: 'unavailable',
          effect: 'unknown',
        });
      }
      return toBadgeList([...records.values()], toBadge);
    },
    createBadge: (body: object) => write(null, () => put(`${ids[0]}-made-${(made += 1)}`, body)),
    updateBadge: (id: string, body: object) => write(id, () => put(id, body)),
    async deleteBadge(id: string) {
      return (await write(id, () => records.delete(id))) === null ? null : [];
    },
    awardBadge: ({ id }: BadgeHolder) => write(id, () => []),
    removeBadge: ({ id }: BadgeHolder) => write(id, () => []),
    close: async () => undefined,
  };
  return {
    provider,
    client,
    sent,
    has: (id) => records.has(id),
    script(next) {
      now = next;
      reads = 0;
    },
  };
}

/** The fields that the provider shows. */
function toAnswer(id: string, body: object): object {
  const shown = ['title', 'action', 'quantity', 'image', 'description', 'attachRequired'];
  const given = Object.entries(body).filter(([field]) => shown.includes(field));
  return { image: '', description: '', attachRequired: false, ...Object.fromEntries(given), id };
}
