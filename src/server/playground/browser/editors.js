/**
 * GraphiQL's editors, which Monaco provides: their texts, the pictures of a result, and what they know of the schema.
 *
 * @typedef {object} Model as Monaco has it
 * @property {{ path: string }} uri
 * @property {() => string} getValue
 * @property {(text: string) => void} setValue
 * @property {(line: number) => string} getLineContent
 * @property {(...search: unknown[]) => { range: Range }[]} findMatches
 *
 * @typedef {{ getEndPosition: () => unknown }} Range
 *
 * @typedef {object} Editor as Monaco has it
 * @property {() => Model | null} getModel
 * @property {(position: unknown) => void} setPosition
 * @property {(position: unknown) => void} revealPositionInCenter
 * @property {() => void} focus
 *
 * @typedef {{ uri: string, introspectionJSON?: unknown }} SchemaConfig
 * @typedef {object} LanguageService
 * @property {SchemaConfig[] | undefined} schemas
 * @property {(schemas: SchemaConfig[]) => void} setSchemaConfig
 *
 * @typedef {{ lineNumber: number, column: number }} Position
 * @typedef {{ provideHover: (model: Model, position: Position) => object | null }} HoverProvider
 *
 * @typedef {object} Languages
 * @property {(language: string, provider: HoverProvider) => void} registerHoverProvider
 * @property {{ api: LanguageService }} [graphql]
 *
 * @typedef {{ editor: { getEditors: () => Editor[], getModels: () => Model[] }, languages: Languages }} Monaco
 */
import { parseJson, readGlobal, waitFor } from './session.js';

/** Files that GraphiQL edits or shows. */
const FILES = {
  operation: 'operation.graphql',
  variables: 'variables.json',
  response: 'response.json',
};

/** GraphiQL sets the global when Monaco is loaded. */
function readMonaco() {
  return /** @type {Monaco | undefined} */ (readGlobal('__MONACO'));
}

/** Undefined until the editor is there. @param {keyof typeof FILES} file */
export function modelOf(file) {
  const models = readMonaco()?.editor.getModels() ?? [];
  return models.find(({ uri }) => uri.path.endsWith(FILES[file]));
}

function readOperationEditor() {
  const editors = readMonaco()?.editor.getEditors() ?? [];
  return editors.find((editor) => editor.getModel()?.uri.path.endsWith(FILES.operation));
}

export function focusOperation() {
  readOperationEditor()?.focus();
}

/** Of several operations GraphiQL runs the one at the cursor. @param {string} name */
export async function placeCursor(name) {
  const editor = await waitFor(readOperationEditor);
  const pattern = `(query|mutation)\\s+${name}\\b`;
  const [match] = editor.getModel()?.findMatches(pattern, false, true, true, null, false) ?? [];
  if (!match) return;
  editor.setPosition(match.range.getEndPosition());
  editor.revealPositionInCenter(match.range.getEndPosition());
  editor.focus();
}

// --- Pictures

/**
 * The URL of a picture at this place of a line, by the name of its field or by its ending.
 *
 * @param {string} line
 * @param {number} column
 */
function findPicture(line, column) {
  for (const { index, 0: whole, 1: name = '', 2: text = '' } of line.matchAll(
    /(?:"(\w+)": )?("https?:\/\/(?:[^"\\]|\\.)*")/g,
  )) {
    if (column < index + 1 || column > index + whole.length + 1) continue;
    const url = new URL(String(parseJson(text)));
    const isPicture =
      /image|icon|picture/i.test(name) || /\.(avif|gif|jpe?g|png|svg|webp)$/i.test(url.pathname);
    if (isPicture) return url.href;
  }
  return null;
}

/** Shows the picture of a URL in a result when the pointer is on it. */
export async function showPictures() {
  const { languages } = await waitFor(readMonaco);
  languages.registerHoverProvider('json', {
    provideHover(model, { lineNumber, column }) {
      if (!model.uri.path.endsWith(FILES.response)) return null;
      const picture = findPicture(model.getLineContent(lineNumber), column);
      if (picture === null) return null;
      const source = picture.replaceAll('(', '%28').replaceAll(')', '%29');
      return { contents: [{ value: `![The picture could not be loaded.](${source}|height=160)` }] };
    },
  });
}

// --- Schema

/** @type {unknown} */
let knownSchema;

/**
 * Lets the editors know this schema instead of the one of the documentation.
 *
 * @param {unknown} introspectionJSON
 */
export async function completeEditors(introspectionJSON) {
  const service = await waitFor(() => readMonaco()?.languages.graphql?.api);
  if (knownSchema === undefined) {
    const set = service.setSchemaConfig.bind(service);
    service.setSchemaConfig = (schemas) =>
      set(schemas.map(({ uri }) => ({ uri, introspectionJSON: knownSchema })));
  }
  knownSchema = introspectionJSON;
  if (service.schemas) service.setSchemaConfig(service.schemas);
}
