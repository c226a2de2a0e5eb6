import type { Provider } from '../providers/provider.ts';
import { CheckError } from './options.ts';

export interface Confirmation {
  provider: Provider;
  host: string;
  /** For people. */
  title: string;
  /** Of the badge. */
  name: string;
}

export interface ConfirmOptions {
  /** What was confirmed on the command line: titles or hosts. Empty: somebody is asked. */
  confirmed: readonly string[];
  /** Undefined: nobody sits at a terminal. */
  ask: ((question: string) => Promise<string>) | undefined;
  print: (text: string) => void;
}

/** Says exactly what will be done, and whether somebody has agreed to it. */
export async function confirmScratch(
  confirmation: Confirmation,
  { confirmed, ask, print }: ConfirmOptions,
): Promise<boolean> {
  const { provider, title } = confirmation;
  print(describe(confirmation));
  if (confirmed.length > 0) return confirmed.some((name) => isFor(name, confirmation));
  if (!ask) throw nobodyToAsk(provider.name.title);
  const answer = await ask(
    `Type ${provider.name.title} to do this at ${title}, or anything else to leave it out: `,
  );
  return isFor(answer, { provider, host: '' });
}

export function nobodyToAsk(title: string): CheckError {
  return new CheckError(
    `--scratch-badge writes to a provider, and nobody can be asked here: add --confirm ${JSON.stringify(title)}.`,
  );
}

/** Whether somebody has named this provider, by its title or the host of its base URL. */
export function isFor(
  name: string,
  { provider, host }: Pick<Confirmation, 'provider' | 'host'>,
): boolean {
  const fold = (text: string): string => text.trim().toLowerCase();
  const names = [provider.name.title, host].filter((text) => text !== '');
  return names.some((text) => fold(text) === fold(name));
}

function describe({ provider, host, title, name }: Confirmation): string {
  const { operations, check } = provider;
  const updates = 3 + check.scratch.nullFields.length;
  const end = operations.delete
    ? 'removes the badge at the end.'
    : `leaves the badge: ${provider.name.title} has no way to delete one but its dashboard.`;
  return [
    `A badge of its own at ${title} (${host}): the check`,
    `  - makes one badge with the name "${name}", which members may see;`,
    `  - changes it ${updates} times, each change sent once: its texts, numbers, pictures and flags;`,
    '  - reads the list of badges after each change until it shows it, for up to half a minute;',
    '  - touches no other badge, and gives this one to nobody;',
    `  - ${end}`,
  ].join('\n');
}
