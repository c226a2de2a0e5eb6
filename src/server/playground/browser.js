/**
 * What runs in the browser: it mounts GraphiQL, and decides which tabs it opens with, where it sends operations, and
 * what it keeps. The page inlines this file as it is, so it imports nothing.
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
 * @typedef {{ query: string, variables?: unknown, operationName?: string | null }} GraphQLRequest
 * @typedef {{ errors?: { message: string }[] }} Answer
 * @typedef {{ query: string, variables: string, operationName: string | null }} Operation
 * @typedef {{ examples: Operation[], workers: Record<string, string> }} PageData
 *
 * @typedef {object} Editor as Monaco has it
 * @property {() => { uri: { path: string }, findMatches: (...search: unknown[]) => { range: Range }[] } | null} getModel
 * @property {(position: unknown) => void} setPosition
 * @property {(position: unknown) => void} revealPositionInCenter
 * @property {() => void} focus
 *
 * @typedef {{ getEndPosition: () => unknown }} Range
 */

/** Path of the page. A proxy may serve it under a prefix, with or without a trailing slash. */
const base = location.pathname.endsWith('/') ? location.pathname : `${location.pathname}/`;
const PREFIX = `badges-playground:${base}:`;
const TABS = 'graphiql:tabState';
const LINK_PARAMETERS = ['query', 'variables', 'operationName'];

/** @param {string} text @returns {unknown} */
function parseJson(text) {
  return JSON.parse(text);
}

/** Reads a global that an earlier script has set. @param {string} name @returns {unknown} */
function readGlobal(name) {
  return Reflect.get(globalThis, name);
}

/**
 * @template {Element} Kind
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
function find(selector, kind) {
  const element = document.querySelector(selector);
  if (element instanceof kind) return element;
  throw new Error(`The page has no ${selector}`);
}

const { examples, workers } = /** @type {PageData} */ (
  parseJson(find('#data', HTMLScriptElement).text)
);

// --- Headers: requested once, sent with every operation, and forgotten when the browser tab is closed.

const dialog = find('#headers', HTMLDialogElement);
const form = find('#headers form', HTMLFormElement);
const reason = find('#headers output', HTMLOutputElement);

/** @returns {Record<string, string>} */
function readHeaders() {
  const kept = sessionStorage.getItem(`${PREFIX}headers`) ?? '{}';
  return /** @type {Record<string, string>} */ (parseJson(kept));
}

/** What `fetch` takes for a header: the bytes of its UTF-8, each as one character. @param {string} text */
function toHeaderValue(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

function toRequestHeaders() {
  /** @type {Record<string, string>} */
  const headers = {};
  for (const [name, value] of Object.entries(readHeaders())) {
    const isBareToken = name === 'authorization' && !/^Bearer /i.test(value);
    headers[name] = toHeaderValue(isBareToken ? `Bearer ${value}` : value);
  }
  return headers;
}

function keepHeaders() {
  const entries = [...form.querySelectorAll('input')]
    .map(({ name, value }) => [name, value.trim()])
    .filter(([, value]) => value !== '');
  sessionStorage.setItem(`${PREFIX}headers`, JSON.stringify(Object.fromEntries(entries)));
}

/** GraphiQL asks for the schema by itself, and twice when it does not get it. */
const SCHEMA_QUERY = 'IntrospectionQuery';
let hasCancelled = false;
/** @type {Promise<boolean> | undefined} */
let asking;

/**
 * Whether headers were given. Several operations may wait for one answer.
 *
 * @param {string} why
 * @returns {Promise<boolean>}
 */
function askForHeaders(why) {
  asking ??= new Promise((resolve) => {
    function settle() {
      const isGiven = dialog.returnValue === 'use';
      if (isGiven) keepHeaders();
      hasCancelled = !isGiven;
      asking = undefined;
      resolve(isGiven);
    }
    const kept = readHeaders();
    for (const input of form.querySelectorAll('input')) input.value = kept[input.name] ?? '';
    reason.textContent = why;
    dialog.returnValue = '';
    dialog.addEventListener('close', settle, { once: true });
    dialog.showModal();
  });
  return asking;
}

/** Loads the schema again, because it is missing if the dialog was cancelled before. */
async function changeHeaders() {
  if (!(await askForHeaders(''))) return;
  const [button] = document.querySelectorAll('button[aria-label^="Re-fetch"]');
  if (button instanceof HTMLButtonElement) button.click();
}

// --- Operations

/**
 * A request that was refused with 401 was not read, so it can be sent again once there are other headers.
 *
 * @param {GraphQLRequest} request
 * @param {{ headers?: Record<string, string> }} [options]
 * @returns {Promise<unknown>}
 */
async function send(request, options) {
  const response = await fetch(`${base}graphql`, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      ...toRequestHeaders(),
      ...options?.headers,
    },
    body: JSON.stringify(withKnownOperation(request)),
  });
  const answer = toAnswer(response, await response.text());
  const isAskedAgain = hasCancelled && request.operationName === SCHEMA_QUERY;
  if (response.status !== 401 || isAskedAgain) return answer;
  const isGiven = await askForHeaders(answer.errors?.[0]?.message ?? 'The request was refused.');
  return isGiven ? send(request, options) : answer;
}

/**
 * For a moment after a change of tabs GraphiQL names the operation of the tab before.
 *
 * @param {GraphQLRequest} request
 * @returns {GraphQLRequest}
 */
function withKnownOperation({ operationName, ...request }) {
  const isThere =
    operationName && new RegExp(`(query|mutation)\\s+${operationName}\\b`).test(request.query);
  return isThere ? { ...request, operationName } : request;
}

/**
 * A proxy in between may answer with a page of its own.
 *
 * @param {Response} response
 * @param {string} text
 * @returns {Answer}
 */
function toAnswer({ status, headers }, text) {
  const type = headers.get('content-type') ?? '';
  if (/json/i.test(type)) return /** @type {Answer} */ (parseJson(text));
  return { errors: [{ message: `The answer is not JSON: status ${status}, type "${type}".` }] };
}

// --- Tabs

/** @param {Operation} operation @returns {Tab} */
function toTab({ query, variables, operationName }) {
  const [, , name = 'Shared'] = /^(?!#).*(query|mutation)\s+(\w+)/m.exec(query) ?? [];
  return {
    id: crypto.getRandomValues(new Uint32Array(4)).join('-'),
    title: operationName ?? name,
    query,
    variables,
    headers: null,
    operationName,
    response: null,
  };
}

/** The tabs of the last visit, or the examples on the first one. @returns {Tabs} */
function readTabs() {
  try {
    const kept = /** @type {Tabs} */ (parseJson(localStorage.getItem(PREFIX + TABS) ?? '{}'));
    if (kept.tabs[kept.activeTabIndex]) return kept;
  } catch {
    // Unreadable values are treated as missing.
  }
  return { tabs: examples.map(toTab), activeTabIndex: 0 };
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

/** Opens the operation of a link in an existing tab with the same operation, or in a new one. @returns {Tabs} */
function openTabs() {
  const kept = readTabs();
  const link = readLink();
  if (!link) return kept;
  dropLink();
  const same = kept.tabs.findIndex(
    ({ query, variables }) => query === link.query && (variables ?? '') === link.variables,
  );
  if (same >= 0) return { ...kept, activeTabIndex: same };
  return { tabs: [toTab(link), ...kept.tabs], activeTabIndex: 0 };
}

let current = openTabs();
const [front] = current.tabs.slice(current.activeTabIndex);

/** Headers may be secrets and responses are large, so neither is stored. */
function toKept() {
  const tabs = current.tabs.map((tab) => ({ ...tab, headers: null, response: null, hash: null }));
  return JSON.stringify({ ...current, tabs });
}

/** GraphiQL's storage, with a prefix for this page, because other pages may share its origin. */
const storage = {
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
// GraphiQL stores changes after half a second.
addEventListener('pagehide', () => storage.setItem(TABS, ''));

// --- Links

/** The operation follows the `#`, which browsers do not send: it may be long, and appears in no log. */
function toLink() {
  const { query, variables, operationName } = current.tabs[current.activeTabIndex] ?? {};
  const given = Object.entries({ query, variables, operationName });
  const url = new URL(location.href);
  url.hash = new URLSearchParams(given.map(([name, value]) => [name, value ?? ''])).toString();
  return url.href;
}

/** @param {Element} button */
async function copyLink(button) {
  // Browsers have no clipboard for pages that come over plain HTTP from another machine.
  if (!navigator.clipboard) return void prompt('The link to this operation:', toLink());
  await navigator.clipboard.writeText(toLink());
  button.textContent = 'Link copied';
  setTimeout(() => (button.textContent = 'Copy link'), 2_000);
}

/**
 * Of several operations GraphiQL runs the one at the cursor. The editor is there a moment after the page is.
 *
 * @param {string} name
 * @param {number} framesLeft
 */
function placeCursor(name, framesLeft = 600) {
  const monaco = /** @type {{ editor: { getEditors: () => Editor[] } } | undefined} */ (
    readGlobal('__MONACO')
  );
  const editors = monaco?.editor.getEditors() ?? [];
  const editor = editors.find((one) => one.getModel()?.uri.path.endsWith('operation.graphql'));
  if (!editor) {
    if (framesLeft > 0) requestAnimationFrame(() => placeCursor(name, framesLeft - 1));
    return;
  }
  const pattern = `(query|mutation)\\s+${name}\\b`;
  const [match] = editor.getModel()?.findMatches(pattern, false, true, true, null, false) ?? [];
  if (!match) return;
  editor.setPosition(match.range.getEndPosition());
  editor.revealPositionInCenter(match.range.getEndPosition());
  editor.focus();
}

// --- The page

Reflect.set(globalThis, 'MonacoEnvironment', {
  /** @param {string} _id @param {string} label */
  getWorkerUrl(_id, label) {
    return URL.createObjectURL(new Blob([workers[label] ?? ''], { type: 'text/javascript' }));
  },
});

document.addEventListener('click', ({ target }) => {
  if (!(target instanceof HTMLButtonElement)) return;
  if (target.dataset.action === 'headers') void changeHeaders();
  if (target.dataset.action === 'link') void copyLink(target);
});

const { renderYogaGraphiQL } =
  /** @type {{ renderYogaGraphiQL: (place: Element, properties: object) => void }} */ (
    readGlobal('YogaGraphiQL')
  );
renderYogaGraphiQL(find('#root', HTMLDivElement), {
  logo: find('#logo', HTMLTemplateElement).innerHTML,
  title: find('#title', HTMLTemplateElement).innerHTML,
  fetcher: send,
  storage,
  initialQuery: front?.query ?? '',
  initialVariables: front?.variables ?? '',
  defaultTabs: examples,
  defaultEditorToolsVisibility: 'variables',
  shouldPersistHeaders: false,
  schemaDescription: true,
  /** @param {Tabs} tabs */
  onTabChange: (tabs) => (current = tabs),
  // The page would write the query into the address otherwise, until that is too long for a server.
  onEditQuery: () => undefined,
});
const operations = front?.query?.match(/\b(query|mutation)\s+\w+/g) ?? [];
if (operations.length > 1 && /^\w+$/.test(front?.operationName ?? '')) {
  placeCursor(front?.operationName ?? '');
}
