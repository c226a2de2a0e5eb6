/**
 * The tabs: what GraphiQL opens with, what outlives a reload, and links to one operation.
 *
 * @typedef {object} Tab as GraphiQL keeps it
 * @property {string} id
 * @property {string} title
 * @property {string | null} query
 * @property {string | null} variables
 * @property {string | null} headers
 * @property {string | null} operationName
 * @property {string | null} response
 *
 * @typedef {{ tabs: Tab[], activeTabIndex: number }} Tabs
 * @typedef {{ query: string, variables: string, operationName: string | null }} Operation
 */
import { focusOperation, modelOf } from './editors.js';
import { PREFIX, find, parseJson, waitFor } from './session.js';

const TABS = 'graphiql:tabState';
/** GraphiQL's title of a tab whose operation has no name. */
const UNTITLED = '<untitled>';
const LINK_PARAMETERS = ['query', 'variables', 'operationName'];

/** The name of the first operation in a document, as GraphiQL finds it. @param {string} query */
function findName(query) {
  return /^(?!#).*(query|mutation)\s+(\w+)/m.exec(query)?.[2];
}

/** @param {Operation} operation @returns {Tab} */
function toTab({ query, variables, operationName }) {
  return {
    id: crypto.getRandomValues(new Uint32Array(4)).join('-'),
    title: operationName ?? findName(query) ?? 'Shared',
    query,
    variables,
    headers: null,
    operationName,
    response: null,
  };
}

/** The tabs of the last visit, or one with this operation on the first. @param {Operation} first @returns {Tabs} */
function readTabs(first) {
  try {
    const kept = /** @type {Tabs} */ (parseJson(localStorage.getItem(PREFIX + TABS) ?? '{}'));
    if (kept.tabs[kept.activeTabIndex]) return kept;
  } catch {
    // Unreadable values are treated as missing.
  }
  return { tabs: [toTab(first)], activeTabIndex: 0 };
}

/** The operation of a link, which is in its query or in its fragment. @returns {Operation | undefined} */
function readLink() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const given = fragment.has('query') ? fragment : new URLSearchParams(location.search);
  const query = given.get('query');
  if (!query) return undefined;
  return {
    query,
    variables: toPrettyJson(given.get('variables') ?? ''),
    operationName: given.get('operationName') || null,
  };
}

/** @param {string} text */
function toPrettyJson(text) {
  try {
    return JSON.stringify(parseJson(text), null, 2);
  } catch {
    return text;
  }
}

/** Removes the link from the URL, so that a reload shows the tabs with any changes. */
function dropLink() {
  const url = new URL(location.href);
  LINK_PARAMETERS.forEach((name) => url.searchParams.delete(name));
  if (new URLSearchParams(url.hash.slice(1)).has('query')) url.hash = '';
  history.replaceState(history.state, '', url);
}

/**
 * Opens the operation of a link in an existing tab with the same operation, or in a new one.
 *
 * @param {Operation} first
 * @returns {Tabs}
 */
function readVisit(first) {
  const kept = readTabs(first);
  const link = readLink();
  if (!link) return kept;
  dropLink();
  const same = kept.tabs.findIndex(
    ({ query, variables }) => query === link.query && (variables ?? '') === link.variables,
  );
  if (same >= 0) return { ...kept, activeTabIndex: same };
  return { tabs: [toTab(link), ...kept.tabs], activeTabIndex: 0 };
}

/** @type {Tabs} */
let current = { tabs: [], activeTabIndex: 0 };

/** The tab in front at the start. @param {Operation} first what to show on the first visit */
export function openTabs(first) {
  current = readVisit(first);
  return current.tabs[current.activeTabIndex];
}

/** @param {Tabs} tabs */
export function followTabs(tabs) {
  current = tabs;
}

/** Headers may be secrets and responses are large, so neither is stored. */
function toKept() {
  const tabs = current.tabs.map((tab) => ({ ...tab, headers: null, response: null, hash: null }));
  return JSON.stringify({ ...current, tabs });
}

/** GraphiQL's storage, with the prefix of this page. */
export const storage = {
  get length() {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).length;
  },
  /** @param {string} key */
  getItem: (key) => (key === TABS ? toKept() : localStorage.getItem(PREFIX + key)),
  /** @param {string} key @param {string} value */
  setItem: (key, value) => localStorage.setItem(PREFIX + key, key === TABS ? toKept() : value),
  /** @param {string} key */
  removeItem: (key) => localStorage.removeItem(PREFIX + key),
  clear() {
    Object.keys(localStorage)
      .filter((key) => key.startsWith(PREFIX))
      .forEach((key) => localStorage.removeItem(key));
  },
};

/** The tab in front with what the editors hold: GraphiQL tells of an edit only after a tenth of a second. */
function readFront() {
  const front = current.tabs[current.activeTabIndex];
  const query = modelOf('operation')?.getValue();
  const variables = modelOf('variables')?.getValue();
  if (!front || query === undefined || variables === undefined) return front;
  if (query === front.query) return { ...front, variables };
  return { ...front, query, variables, operationName: null, title: findName(query) ?? UNTITLED };
}

// GraphiQL stores an edit after half a second.
addEventListener('pagehide', () => {
  const front = readFront();
  if (!front) return;
  current = { ...current, tabs: current.tabs.with(current.activeTabIndex, front) };
  storage.setItem(TABS, '');
});

/** Shows the tab that has this query already, as it was left, or a new one. @param {Omit<Operation, 'operationName'>} operation */
export async function openInTab({ query, variables }) {
  const same = current.tabs.findIndex((tab) => tab.query === query);
  if (same >= 0) {
    const [tab] = [...document.querySelectorAll('.graphiql-tab')].slice(same);
    tab?.querySelector('button')?.click();
  } else {
    find('.graphiql-tab-add', HTMLButtonElement).click();
    modelOf('operation')?.setValue(query);
    modelOf('variables')?.setValue(variables);
    await waitFor(() => current.tabs.find((tab) => tab.query === query));
  }
  focusOperation();
}

// --- Links

/** The operation follows the `#`, which browsers do not send: it may be long, and appears in no log. */
function toLink() {
  const { query, variables, operationName } = readFront() ?? {};
  const given = Object.entries({ query, variables, operationName });
  const url = new URL(location.href);
  url.hash = new URLSearchParams(given.map(([name, value]) => [name, value ?? ''])).toString();
  return url.href;
}

/** @param {Element} button */
export async function copyLink(button) {
  // Browsers have no clipboard for pages that come over plain HTTP from another machine.
  if (!navigator.clipboard) return void prompt('The link to this operation:', toLink());
  await navigator.clipboard.writeText(toLink());
  button.textContent = 'Link copied';
  setTimeout(() => (button.textContent = 'Copy link'), 2_000);
}
