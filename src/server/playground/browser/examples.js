/**
 * The list of examples. An example opens with IDs of badges that exist here, instead of those of the demo data.
 *
 * @typedef {{ provider: string, title: string, ids: string[] }} DemoBadges
 *
 * @typedef {object} Example
 * @property {string} query
 * @property {Record<string, unknown>} variables
 * @property {boolean} isForMember
 * @property {DemoBadges[]} demoBadges
 *
 * @typedef {{ provider: string, state: string }} Source
 * @typedef {{ sources: Source[], nodes: ({ id: string } | null)[] } | null} Badges
 */
import { find, send } from './session.js';
import { openInTab } from './tabs.js';

const notice = find('#examples output', HTMLOutputElement);

/**
 * The IDs of the badges of each provider, and why one of them has none.
 *
 * @param {DemoBadges[]} demoBadges
 */
async function readBadgeIds(demoBadges) {
  const fields = demoBadges.map(
    ({ provider }) =>
      `${provider}: badges(first: 100, filter: { providers: [${provider}] }) { sources { provider state } nodes { ... on BadgeFields { id } } }`,
  );
  const { data, errors } = await send({ query: `query ExampleBadges { ${fields.join(' ')} }` });
  const lists = /** @type {Record<string, Badges> | null | undefined} */ (data);
  const ids = demoBadges.map(({ provider }) => {
    const nodes = lists?.[provider]?.nodes ?? [];
    return nodes.flatMap((badge) => badge?.id ?? []);
  });
  const absent = demoBadges.find(({ provider }) =>
    lists?.[provider]?.sources.some((of) => of.provider === provider && of.state === 'SKIPPED'),
  );
  return { ids, problem: errors?.[0]?.message ?? (absent && `${absent.title} is not configured.`) };
}

/**
 * What to write instead of each ID of demo data, and the IDs for which there is nothing.
 *
 * @param {DemoBadges[]} demoBadges
 * @param {string[][]} idsThere of each entry of `demoBadges`
 */
function findReplacements(demoBadges, idsThere) {
  /** @type {Map<unknown, string>} */
  const replacements = new Map();
  /** @type {string[]} */
  const missing = [];
  demoBadges.forEach(({ ids }, index) => {
    const there = idsThere[index] ?? [];
    const others = there.filter((id) => !ids.includes(id));
    for (const id of ids.filter((each) => !there.includes(each))) {
      const other = others.shift();
      if (other === undefined) missing.push(id);
      else replacements.set(id, other);
    }
  });
  const isDemo = demoBadges.every(({ ids }, index) =>
    ids.some((id) => idsThere[index]?.includes(id)),
  );
  return { replacements, missing, isDemo };
}

/**
 * The variables for one badge of another provider, if the provider that they name has none.
 *
 * @param {Example} example
 * @param {string[][]} idsThere
 */
function withOtherProvider({ variables, demoBadges }, idsThere) {
  const named = demoBadges.findIndex(({ provider }) => provider === variables.provider);
  const other = idsThere.findIndex((ids) => ids.length > 0);
  if (named < 0 || other < 0 || idsThere[named]?.length) return variables;
  return { ...variables, provider: demoBadges[other]?.provider, id: idsThere[other]?.[0] };
}

/** @param {unknown} value @param {readonly string[]} ids */
function names(value, ids) {
  const text = JSON.stringify(value);
  return ids.some((id) => text.includes(JSON.stringify(id)));
}

/**
 * The value with other IDs. An item of a list whose badge has none is left out, if another item remains.
 *
 * @param {unknown} value
 * @param {ReturnType<typeof findReplacements>} found
 * @returns {unknown}
 */
function replaceIds(value, found) {
  if (Array.isArray(value)) {
    const items = /** @type {unknown[]} */ (value);
    const left = items.filter((item) => !names(item, found.missing));
    return (left.length > 0 ? left : items).map((item) => replaceIds(item, found));
  }
  if (typeof value !== 'object' || value === null) return found.replacements.get(value) ?? value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, replaceIds(item, found)]),
  );
}

/**
 * The variables with badges that are there. A mutation is a dry run, unless it is of demo badges.
 *
 * @param {Example} example
 * @param {string[][]} idsThere
 */
function fillVariables(example, idsThere) {
  const found = findReplacements(example.demoBadges, idsThere);
  const variables = withOtherProvider(example, idsThere);
  const isDry = !found.isDemo && 'dryRun' in variables;
  const filled = replaceIds(isDry ? { ...variables, dryRun: true } : variables, found);
  return {
    text: JSON.stringify(filled, null, 2),
    isDemo: found.isDemo,
    isMissing: names(filled, found.missing),
  };
}

/**
 * What to know before the example is run. Empty if it runs as it is.
 *
 * @param {Example} example
 * @param {{ isDemo: boolean, isMissing: boolean }} filled
 * @param {string | undefined} problem why a list of badges could not be read
 */
function toNotice({ demoBadges, variables, isForMember }, { isDemo, isMissing }, problem) {
  const titles = demoBadges.map(({ title }) => title).join(' or ');
  const sentences = [
    isMissing && (problem ?? `There is no badge of ${titles} yet.`),
    isMissing && 'Put an ID of your own into the variables.',
    !isDemo && isForMember && 'Put the ID of a member into the variables.',
    !isDemo &&
      'dryRun' in variables &&
      'These are not demo badges, so dryRun is true. Set it to false to write.',
  ];
  return sentences.filter((sentence) => sentence).join(' ');
}

/** @param {Example} example */
async function openExample(example) {
  const { ids, problem } =
    example.demoBadges.length > 0
      ? await readBadgeIds(example.demoBadges)
      : { ids: [], problem: undefined };
  const filled = fillVariables(example, ids);
  notice.textContent = toNotice(example, filled, problem);
  await openInTab({ query: example.query, variables: filled.text });
}

/** One after the other: an example that is pressed twice opens one tab. */
let opening = Promise.resolve();

/** @param {readonly Example[]} examples */
export function listenForExamples(examples) {
  find('#examples', HTMLElement).addEventListener('click', ({ target }) => {
    const button = target instanceof Element && target.closest('button[data-example]');
    if (!(button instanceof HTMLButtonElement)) return;
    const example = examples[Number(button.dataset.example)];
    if (example) opening = opening.then(() => openExample(example)).catch(showFailure);
  });
}

/** @param {unknown} error */
function showFailure(error) {
  notice.textContent = `The example could not be opened: ${String(error)}`;
}
