import { parseArgs, types } from 'node:util';
import { providers } from '../../providers/index.ts';

/** A mistake in the options that the operator has to correct. The message says which. */
export class EraseError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EraseError';
  }
}

/** What to erase: all data of a tenant, of one of its badges, or of one of its members. */
export interface Selection {
  tenant: string;
  badge: { provider: string; id: string } | undefined;
  member: string | undefined;
}

const USAGE = `Options: --tenant <id> for all data of a tenant; add --provider <name> --badge <id> for one badge, or --member <id> for one member; add --dry-run to count only. Providers: ${providers.map(({ name }) => name.enumValue).join(', ')}.`;

export function readEraseOptions(args: readonly string[]): Selection & { isDryRun: boolean } {
  const { tenant, provider, badge, member, 'dry-run': isDryRun } = parse(args);
  if (!tenant) throw new EraseError(`Specify whose data to erase. ${USAGE}`);
  if ((provider === undefined) !== (badge === undefined)) {
    throw new EraseError(`Use --provider and --badge together. ${USAGE}`);
  }
  if (badge !== undefined && member !== undefined) {
    throw new EraseError(`Erase a badge and a member in separate runs. ${USAGE}`);
  }
  if (member === '') throw new EraseError(`--member needs the ID of a member. ${USAGE}`);
  const named = provider === undefined ? undefined : toBadge(provider, badge ?? '');
  return { tenant, badge: named, member, isDryRun };
}

function toBadge(name: string, id: string): Selection['badge'] {
  const provider = providers.find(({ name: { enumValue } }) => enumValue === name);
  if (!provider) throw new EraseError(`There is no provider ${name}. ${USAGE}`);
  if (!provider.isBadgeId(id)) {
    throw new EraseError(`${provider.name.title} cannot have a badge with the ID ${id}.`);
  }
  return { provider: name, id: provider.canonicalId(id) };
}

function parse(args: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    const options = { tenant: text, provider: text, badge: text, member: text };
    return parseArgs({
      args: [...args],
      options: { ...options, 'dry-run': { type: 'boolean', default: false } },
    }).values;
  } catch (error) {
    throw new EraseError(`${types.isNativeError(error) ? error.message : ''}\n${USAGE}`);
  }
}

/** The selection in words. */
export function describeSelection({ tenant, badge, member }: Selection): string {
  if (badge) return `the badge ${badge.id} of ${badge.provider} in tenant ${tenant}`;
  return member === undefined ? `tenant ${tenant}` : `the member ${member} in tenant ${tenant}`;
}
