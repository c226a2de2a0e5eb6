/**
 * Writes what this folder shows of the graph: the SDL of the subgraph, the schema for clients, the example operations,
 * and fragments for client caches.
 * With --check it writes nothing and fails when a file is not as it would be written.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isUnionType,
  parse,
  print,
  visit,
} from 'graphql';
import { exampleOperations } from '../dist/badges/examples.js';
import { createBadgesSchema } from '../dist/badges/schema.js';

const HEADER = '# Printed from the code by `npm run schema:print`.\n';
const folder = import.meta.dirname;

const { schema, sdl } = await createBadgesSchema();
const files = new Map<string, string>([
  ['badges.graphql', `${HEADER}${sdl}`],
  ['api.graphql', `${HEADER}${toClientSchema(sdl)}\n`],
  ['fragments.graphql', `${HEADER}${printFragments(schema)}`],
]);
/** `_entities` is for routers only: no client of a supergraph can ask it. */
for (const { name, query, variables } of exampleOperations) {
  if (query.includes('_entities')) continue;
  files.set(join('operations', `${name}.graphql`), `${HEADER}${query}`);
  files.set(
    join('operations', `${name}.variables.json`),
    `${JSON.stringify(variables, null, 2)}\n`,
  );
}

const stale = staleFiles();
if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(`Not as the code prints it: ${stale.join(', ')}. Run npm run schema:print.`);
    process.exitCode = 1;
  }
} else {
  rmSync(join(folder, 'operations'), { recursive: true, force: true });
  mkdirSync(join(folder, 'operations'));
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
}

/** Files that differ from what the code prints, are missing, or belong to an operation that is gone. */
function staleFiles(): string[] {
  const present = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const orphans = present.filter((name) => name.startsWith('operations/') && !files.has(name));
  const changed = [...files].filter(([name, text]) => {
    return !present.includes(name) || readFileSync(join(folder, name), 'utf8') !== text;
  });
  return [...changed.map(([name]) => name), ...orphans];
}

/** What a router shows to clients: all but federation, which their tools do not know. */
function toClientSchema(of: string): string {
  const standard = ['deprecated', 'oneOf', 'specifiedBy'];
  const document = visit(parse(of), {
    SchemaExtension: () => null,
    DirectiveDefinition: () => null,
    Directive: ({ name }) => (standard.includes(name.value) ? undefined : null),
  });
  return print(document);
}

/** One fragment on the fields that all badges share, and one for the own fields of each kind. */
function printFragments(of: GraphQLSchema): string {
  const shared = of.getType('BadgeFields');
  const badge = of.getType('Badge');
  if (!isInterfaceType(shared) || !isUnionType(badge)) throw new Error('the graph has no badges');
  const own = badge.getTypes().map((type) => {
    const fields = leafFields(type).filter((field) => !(field in shared.getFields()));
    return printFragment(`${type.name}Details`, type, fields);
  });
  return [printFragment('BadgeCard', shared, leafFields(shared)), ...own].join('\n');
}

function leafFields(type: GraphQLObjectType | GraphQLInterfaceType): string[] {
  return Object.values(type.getFields())
    .filter((field) => isLeafType(getNamedType(field.type)))
    .map(({ name }) => name);
}

function printFragment(
  name: string,
  type: GraphQLObjectType | GraphQLInterfaceType,
  fields: readonly string[],
): string {
  const kind = isObjectType(type)
    ? `Fields that only ${type.name} has.`
    : 'Fields that every badge has.';
  return `# ${kind}\nfragment ${name} on ${type.name} {\n${fields.map((field) => `  ${field}\n`).join('')}}\n`;
}
