/**
 * What runs in the browser: it mounts GraphiQL, and decides what it opens with, where it sends operations, and what it
 * keeps.
 *
 * @typedef {import('./examples.js').Example} Example
 * @typedef {import('./session.js').Answer} Answer
 * @typedef {import('./session.js').GraphQLRequest} GraphQLRequest
 * @typedef {import('./tabs.js').Tabs} Tabs
 * @typedef {{ examples: Example[], workers: Record<string, string> }} PageData
 *
 * @typedef {{ name: string, fields: { name: string }[] | null }} SchemaType
 * @typedef {{ queryType: { name: string }, types: SchemaType[], directives: { name: string }[] }} Schema
 */
import { completeEditors, placeCursor, showPictures } from './editors.js';
import { listenForExamples } from './examples.js';
import {
  SCHEMA_QUERY,
  changeHeaders,
  find,
  parseJson,
  readGlobal,
  send,
  showHeaderCount,
} from './session.js';
import { copyLink, followTabs, openTabs, storage } from './tabs.js';

const { examples, workers } = /** @type {PageData} */ (
  parseJson(find('#data', HTMLScriptElement).text)
);

// --- Documentation

/** Directives of GraphQL itself. All others are federation's. */
const STANDARD_DIRECTIVES = ['deprecated', 'include', 'oneOf', 'skip', 'specifiedBy'];

/** Whether a name is federation's: `_Any` or `link__Import`, but not `__Type`. @param {{ name: string }} named */
const isFederation = ({ name }) => /^_[^_]|[^_]__/.test(name);

/**
 * The schema as clients of a supergraph see it.
 *
 * @param {Schema} schema
 * @returns {Schema}
 */
function withoutFederation(schema) {
  const types = schema.types.filter((type) => !isFederation(type));
  return {
    ...schema,
    types: types.map((type) => ({
      ...type,
      fields: type.fields && type.fields.filter((field) => !isFederation(field)),
    })),
    directives: schema.directives.filter(({ name }) => STANDARD_DIRECTIVES.includes(name)),
  };
}

/**
 * The documentation shows the schema without federation. The editors know the whole, because examples use it.
 *
 * @param {GraphQLRequest} request
 * @returns {Promise<Answer>}
 */
async function fetchAnswer(request) {
  const answer = await send(request);
  if (request.operationName !== SCHEMA_QUERY || !answer.data) return answer;
  const data = /** @type {{ __schema: Schema }} */ (answer.data);
  void completeEditors(data);
  return { ...answer, data: { ...data, __schema: withoutFederation(data.__schema) } };
}

// --- The page

Reflect.set(globalThis, 'MonacoEnvironment', {
  /** @param {string} _id @param {string} label */
  getWorkerUrl: (_id, label) => workers[label],
});

document.addEventListener('click', ({ target }) => {
  if (!(target instanceof HTMLButtonElement)) return;
  if (target.dataset.action === 'headers') void changeHeaders();
  if (target.dataset.action === 'link') void copyLink(target);
});

const [first] = examples;
if (!first) throw new Error('The page has no examples');
const front = openTabs({
  query: first.query,
  variables: JSON.stringify(first.variables, null, 2),
  operationName: null,
});
const { renderYogaGraphiQL } =
  /** @type {{ renderYogaGraphiQL: (place: Element, properties: object) => void }} */ (
    readGlobal('YogaGraphiQL')
  );
showHeaderCount();
renderYogaGraphiQL(find('#root', HTMLElement), {
  logo: find('#logo', HTMLTemplateElement).innerHTML,
  title: find('#title', HTMLTemplateElement).innerHTML,
  fetcher: fetchAnswer,
  storage,
  initialQuery: front?.query ?? '',
  initialVariables: front?.variables ?? '',
  defaultEditorToolsVisibility: 'variables',
  // Headers have one place: the dialog.
  isHeadersEditorEnabled: false,
  shouldPersistHeaders: false,
  schemaDescription: true,
  onTabChange: followTabs,
  // The page would write the query into the address otherwise, until that is too long for a server.
  onEditQuery: () => undefined,
});
listenForExamples(examples);
void showPictures();
const operations = front?.query?.match(/\b(query|mutation)\s+\w+/g) ?? [];
if (operations.length > 1 && /^\w+$/.test(front?.operationName ?? '')) {
  void placeCursor(front?.operationName ?? '');
}
