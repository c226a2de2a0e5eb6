import { providers } from '../providers/index.ts';
import type { Provider } from '../providers/provider.ts';
import { ALTERATIONS } from './alterations.ts';
import { BEHAVIOURS } from './behaviour.ts';
import { KINDS } from './faults.ts';
import type { Sandbox } from './index.ts';
import { PRESET_NAMES } from './presets.ts';
import { UNREACHABLE_WAYS } from './unreachable.ts';

const WIDTH = 118;
const PUT = 'curl -X PUT -H content-type:application/json ORIGIN/_sandbox';

/** The name of a provider on the command line: that of its variables, in lower case. */
export function toOption({ name: { enumValue } }: Provider): string {
  return enumValue.toLowerCase().replaceAll('_', '-');
}

/** One screen that teaches the sandbox to somebody at a terminal. */
export function helpText({ standIns }: Sandbox): string {
  const options = providers.map((provider) => `--${toOption(provider)}`);
  const behaviours = [...standIns.values()].map((standIn) => standIn.behaviours);
  return `Stand-ins for every provider, on this machine, with demo badges that change as you write.

  npm run sandbox -- ${options.map((option, index) => `${option} ${5101 + index}`).join(' ')}    on free ports where they are left out
  npm run sandbox -- ${options.at(-1)}-at refused                  leads to where no connection comes about:
                                                             ${UNREACHABLE_WAYS.join(', ')}; so does
                                                             ${options
                                                               .slice(0, -1)
                                                               .map((option) => `${option}-at`)
                                                               .join(', ')}

It prints the variables that lead the service to it; ORIGIN below is http://127.0.0.1 and the port of a base URL among
them. Faults are switched for one operation, or for all with *, by name or by kind. With times they meet that many
requests; with isApplied a write takes effect before its fault shows.
  ${PUT}/faults/listBadges -d '{"name":"too-many","times":3}'
  ${PUT}/faults/updateBadge -d '{"kind":"reset","isApplied":true}'
  ${PUT}/faults/'*' -d '{"kind":"records","change":"no-ids"}'
  curl ORIGIN/_sandbox/faults                       what is switched on
  curl -X DELETE ORIGIN/_sandbox/faults/listBadges  off again; all stands for every one
  curl ORIGIN/_sandbox/arrivals                     how many requests came, and the most in any 10 s; DELETE starts anew
  curl ORIGIN/_sandbox                              what follows, as JSON

${wrap(`Names: ${PRESET_NAMES.join(', ')}`, 0)}
Kinds, with their options and defaults:
${list(KINDS)}
Behaviour that differs from the provider's pages, until it is changed again; DELETE is back to the pages:
  ${PUT}/behaviour -d '{"alters":[{"kind":"trim"}]}'
${list(Object.assign({}, BEHAVIOURS, ...behaviours) as Record<string, string>)}
${wrap(`Alterations, of all fields of the fitting type or of those in fields: ${Object.values(ALTERATIONS).join('; ')}`, 0)}
${operationsOf(standIns)}
`;
}

function operationsOf(standIns: Sandbox['standIns']): string {
  return providers
    .map(({ key, name: { title } }) => {
      const operations = [...(standIns.get(key)?.operations ?? [])];
      return wrap(`Operations of ${title}: ${operations.join(', ')}`, 0);
    })
    .join('\n');
}

/** A line or more for each name. */
function list(texts: Readonly<Record<string, string>>): string {
  return Object.entries(texts)
    .map(([name, text]) => `  ${name.padEnd(10)}${wrap(text, 12).trimStart()}`)
    .join('\n');
}

/** Lines of at most `WIDTH` letters, broken between words. */
function wrap(text: string, indent: number): string {
  const blank = ' '.repeat(indent);
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (indent + line.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => blank + line).join('\n');
}
