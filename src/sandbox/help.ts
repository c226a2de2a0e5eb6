import { KINDS } from './faults.ts';
import type { Sandbox } from './index.ts';
import { PRESET_NAMES } from './presets.ts';
import { UNREACHABLE_WAYS } from './unreachable.ts';

const WIDTH = 118;
const PUT = 'curl -X PUT -H content-type:application/json ORIGIN/_sandbox/faults';

/** One screen that teaches the sandbox to somebody at a terminal. */
export function helpText({ returningAI, tagMango }: Sandbox): string {
  return `Stand-ins for every provider, on this machine, with demo badges that change as you write.

  npm run sandbox                                            on free ports
  npm run sandbox -- --returning-ai 5101 --tag-mango 5102
  npm run sandbox -- --tag-mango-at refused                  leads to where no connection comes about:
                                                             ${UNREACHABLE_WAYS.join(', ')}; also --returning-ai-at

It prints the variables that lead the service to it; ORIGIN below is http://127.0.0.1 and the port of a base URL among
them. Faults are switched for one operation, or for all with *, by name or by kind. With times they meet that many
requests; with isApplied a write takes effect before its fault shows.

  ${PUT}/listBadges -d '{"name":"too-many","times":3}'
  ${PUT}/listBadges -d '{"kind":"delay","ms":500}'
  ${PUT}/updateBadge -d '{"kind":"reset","isApplied":true}'
  ${PUT}/'*' -d '{"kind":"records","change":"no-ids"}'
  curl ORIGIN/_sandbox/faults                       what is switched on
  curl -X DELETE ORIGIN/_sandbox/faults/listBadges  off again; all stands for every one
  curl ORIGIN/_sandbox/arrivals                     how many requests came, and the most in any 10 s; DELETE starts anew
  curl ORIGIN/_sandbox                              what follows, as JSON

Names:
${wrap(PRESET_NAMES.join(', '), 2)}

Kinds, with their options and defaults:
${Object.entries(KINDS)
  .map(([kind, shows]) => `  ${kind.padEnd(10)}${wrap(shows, 12).trimStart()}`)
  .join('\n')}

Operations:
  Returning.AI  ${[...returningAI.operations].join(', ')}
  TagMango      ${[...tagMango.operations].join(', ')}
`;
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
