/**
 * The headers of the session, and the operations that are sent with them.
 *
 * @typedef {{ query: string, variables?: unknown, operationName?: string | null }} GraphQLRequest
 * @typedef {{ data?: unknown, errors?: { message: string }[] }} Answer
 */

/** Path of the page. A proxy may serve it under a prefix, with or without a trailing slash. */
const base = location.pathname.endsWith('/') ? location.pathname : `${location.pathname}/`;
/** Of everything that the page stores, because other pages may share its origin. */
export const PREFIX = `badges-playground:${base}:`;

/** @param {string} text @returns {unknown} */
export function parseJson(text) {
  return JSON.parse(text);
}

/** Reads a global that an earlier script has set. @param {string} name @returns {unknown} */
export function readGlobal(name) {
  return Reflect.get(globalThis, name);
}

/**
 * @template {Element} Kind
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function find(selector, kind) {
  const element = document.querySelector(selector);
  if (element instanceof kind) return element;
  throw new Error(`The page has no ${selector}`);
}

/**
 * Waits for something that GraphiQL shows a moment later, at most ten seconds at 60 frames a second.
 *
 * @template Value
 * @param {() => Value | undefined} read
 * @returns {Promise<Value>}
 */
export async function waitFor(read, framesLeft = 600) {
  const value = read();
  if (value !== undefined) return value;
  if (framesLeft === 0) throw new Error('GraphiQL did not become ready');
  await new Promise(requestAnimationFrame);
  return waitFor(read, framesLeft - 1);
}

// --- Headers: entered once, sent with every operation, and forgotten when the browser tab is closed.

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

/** The button tells how many headers are sent: in the page, and in the template that GraphiQL takes it from. */
export function showHeaderCount() {
  const count = Object.keys(readHeaders()).length;
  for (const place of [document, find('#title', HTMLTemplateElement).content]) {
    for (const button of place.querySelectorAll('button[data-action=headers]')) {
      button.textContent = count === 0 ? 'Session headers' : `Session headers (${count})`;
    }
  }
}

/** GraphiQL asks for the schema by itself, and twice when it does not get it. */
export const SCHEMA_QUERY = 'IntrospectionQuery';
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
      showHeaderCount();
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
export async function changeHeaders() {
  if (!(await askForHeaders(''))) return;
  const [button] = document.querySelectorAll('button[aria-label^="Re-fetch"]');
  if (button instanceof HTMLButtonElement) button.click();
}

// --- Operations

/**
 * A request that was refused with 401 was not read, so it can be sent again once there are other headers.
 *
 * @param {GraphQLRequest} request
 * @returns {Promise<Answer>}
 */
export async function send(request) {
  const response = await fetch(`${base}graphql`, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      ...toRequestHeaders(),
    },
    body: JSON.stringify(withKnownOperation(request)),
  });
  const answer = toAnswer(response, await response.text());
  const isAskedAgain = hasCancelled && request.operationName === SCHEMA_QUERY;
  if (response.status !== 401 || isAskedAgain) return answer;
  const isGiven = await askForHeaders(answer.errors?.[0]?.message ?? 'The request was refused.');
  return isGiven ? send(request) : answer;
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
