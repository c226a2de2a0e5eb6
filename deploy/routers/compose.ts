/**
 * Composes the subgraphs for routers, offline: npm run supergraph:compose -- --help
 * It needs dist/, which the npm script builds.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parse, print, visit } from 'graphql';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { type Subgraph, composeSupergraph } from '../../examples/supergraph/compose.ts';
import { composeCosmoConfig } from './cosmo-config.ts';

const root = resolve(import.meta.dirname, '../..');
const CONFIG = join(root, 'rover.yaml');
const OUT = join(root, 'deploy/routers/composed');
const BADGES = 'badges';
const HELP = `Usage: npm run supergraph:compose -- [options]

Composes the subgraphs for routers, without a network, and writes two files:
  supergraph.graphql      for Apollo Router, Hive Router, Hive Gateway and @apollo/gateway
  cosmo-execution.json    for Cosmo Router

Options:
  --config <file>         the subgraphs, in the format of rover (${relative(root, CONFIG)})
  --out <folder>          where both files are written (${relative(root, OUT)})
  --url <name>=<url>      sends a subgraph's operations to this URL instead, may be repeated
  --auth-directives       takes the schema of badges as AUTH_DIRECTIVES=true serves it
  --help                  shows this text`;

/** What rover reads of its file, as far as it is needed here. */
const configSchema = z.object({
  subgraphs: z.record(
    z.string(),
    z.object({ routing_url: z.url(), schema: z.object({ file: z.string() }) }),
  ),
});

export interface ComposeOptions {
  /** In the format of rover. */
  config?: string | undefined;
  /** `<name>=<url>` */
  urls?: readonly string[];
  hasAuthDirectives?: boolean;
}

/** The text of each file by its name. Throws with every problem that a composer found. */
export async function composeFiles(options: ComposeOptions = {}): Promise<Record<string, string>> {
  const subgraphs = await readSubgraphs(options);
  return {
    'supergraph.graphql': toSupergraphSdl(subgraphs),
    'cosmo-execution.json': composeCosmoConfig(subgraphs),
  };
}

/** Only `supergraph.graphql`. */
export async function composeGraph(options: ComposeOptions = {}): Promise<string> {
  return toSupergraphSdl(await readSubgraphs(options));
}

async function readSubgraphs({
  config = CONFIG,
  urls = [],
  hasAuthDirectives = false,
}: ComposeOptions): Promise<Subgraph[]> {
  const plain = withUrls(readConfig(config), urls);
  return hasAuthDirectives ? withAuthDirectives(plain) : plain;
}

function toSupergraphSdl(subgraphs: readonly Subgraph[]): string {
  return withoutSchemaDescription(composeSupergraph(subgraphs));
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      out: { type: 'string', default: OUT },
      url: { type: 'string', multiple: true, default: [] },
      'auth-directives': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const files = await composeFiles({
    config: values.config,
    urls: values.url,
    hasAuthDirectives: values['auth-directives'],
  });
  mkdirSync(values.out, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const file = join(values.out, name);
    writeFileSync(file, text);
    console.log(`Written: ${relative(process.cwd(), file)}`);
  }
}

/** Hive Router cannot parse a description of the schema itself. */
function withoutSchemaDescription(supergraphSdl: string): string {
  const document = visit(parse(supergraphSdl), {
    SchemaDefinition: (node) => ({ ...node, description: undefined }),
  });
  return `${print(document)}\n`;
}

/** The schema of badges as the built service serves it with AUTH_DIRECTIVES=true. */
async function withAuthDirectives(subgraphs: readonly Subgraph[]): Promise<Subgraph[]> {
  const { createBadgesSchema } = await import('../../dist/badges/schema.js');
  const { sdl } = await createBadgesSchema({ hasAuthDirectives: true });
  return subgraphs.map((subgraph) => (subgraph.name === BADGES ? { ...subgraph, sdl } : subgraph));
}

function readConfig(config: string): Subgraph[] {
  const { subgraphs } = configSchema.parse(parseYaml(readFileSync(config, 'utf8')));
  return Object.entries(subgraphs).map(([name, { routing_url: url, schema }]) => ({
    name,
    url,
    sdl: readFileSync(resolve(dirname(config), schema.file), 'utf8'),
  }));
}

function withUrls(subgraphs: readonly Subgraph[], given: readonly string[]): Subgraph[] {
  const urls = new Map(
    given.map((text): [string, string] => {
      const at = text.indexOf('=');
      const [name, url] = [text.slice(0, at), text.slice(at + 1)];
      if (!URL.canParse(url)) throw new Error(`--url must be <name>=<url>, and is "${text}".`);
      if (!subgraphs.some((subgraph) => subgraph.name === name)) {
        throw new Error(`--url names "${name}", and the file has no subgraph with this name.`);
      }
      return [name, url];
    }),
  );
  return subgraphs.map(({ name, url, sdl }) => ({ name, url: urls.get(name) ?? url, sdl }));
}

if (import.meta.main) {
  try {
    await run();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
