import type { RedisClient } from './redis-client.ts';
import { createReach } from './redis-reach.ts';

/** A sentence for each way in which this Redis would lose what it is given. */
export async function describeDurability(client: RedisClient): Promise<string[]> {
  const reach = createReach(client, () => false);
  // One by one: before version 7, CONFIG GET takes one name only.
  const settingOf = async (name: string): Promise<string | undefined> => {
    const settings: Record<string, string> = await reach(() => client.configGet(name));
    return settings[name];
  };
  try {
    const policy = await settingOf('maxmemory-policy');
    const [save, appendOnly] = [await settingOf('save'), await settingOf('appendonly')];
    return [...describeEviction(policy), ...describePersistence(save, appendOnly)];
  } catch {
    // Hosted Redis often forbids CONFIG; whatever else it is will show at the first write.
    return [
      'Whether Redis keeps what it is given could not be checked: it did not answer CONFIG GET.',
    ];
  }
}

function describeEviction(policy: string | undefined): string[] {
  if (policy === undefined || policy === 'noeviction') return [];
  return [
    `Redis drops values when its memory is full (maxmemory-policy is ${policy}): set it to noeviction.`,
  ];
}

function describePersistence(save: string | undefined, appendOnly: string | undefined): string[] {
  if (save !== '' || appendOnly !== 'no') return [];
  return [
    'Redis keeps nothing on disk (neither appendonly nor save is set): set appendonly to yes.',
  ];
}
