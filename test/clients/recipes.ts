/** Loads the recipes of examples/clients, which is a package of its own. */
import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import type * as Apollo from '../../examples/clients/apollo.ts';
import type * as Documents from '../../examples/clients/generated/codegen/graphql.ts';
import type * as Tada from '../../examples/clients/gql-tada.ts';
import type * as Request from '../../examples/clients/graphql-request.ts';
import type * as Relay from '../../examples/clients/relay.ts';
import type * as Urql from '../../examples/clients/urql.ts';

export const folder = join(import.meta.dirname, '../../examples/clients');

export const isInstalled = existsSync(join(folder, 'node_modules/.package-lock.json'));
if (!isInstalled && process.env.CI) {
  throw new Error('examples/clients is not installed, and CI must have it');
}

export interface Ran {
  code: number;
  output: string;
}

/** Runs one of the tools by its command. */
export async function runTool(name: string, ...args: string[]): Promise<Ran> {
  const script = join(folder, 'node_modules/.bin', name);
  const ran = promisify(execFile)(process.execPath, [script, ...args], { cwd: folder });
  return ran.then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => {
      return { code, output: stdout + stderr };
    },
  );
}

export type Generated = Readonly<Record<'codegen' | 'relay' | 'tada', Ran>>;

/** Writes all that the recipes import. Takes some seconds. */
export async function generate(): Promise<Generated> {
  mkdirSync(join(folder, 'generated/relay'), { recursive: true });
  const [codegen, relay, tada] = await Promise.all([
    runTool('graphql-codegen', '--config', 'codegen.ts'),
    runTool('relay-compiler'),
    runTool('gql.tada', 'generate-output'),
  ]);
  return { codegen, relay, tada };
}

export const loadApollo = (): Promise<typeof Apollo> => import('../../examples/clients/apollo.ts');
export const loadUrql = (): Promise<typeof Urql> => import('../../examples/clients/urql.ts');
export const loadRequest = (): Promise<typeof Request> =>
  import('../../examples/clients/graphql-request.ts');
export const loadTada = (): Promise<typeof Tada> => import('../../examples/clients/gql-tada.ts');
export const loadDocuments = (): Promise<typeof Documents> =>
  import('../../examples/clients/generated/codegen/graphql.ts');

/** Does what a bundler does with Relay's plugin: each tagged operation becomes an import of its artifact. */
export function loadRelay(): typeof Relay {
  const built = join(folder, 'generated/relay/built');
  mkdirSync(built, { recursive: true });
  const files = [join(folder, 'relay.ts'), ...globSync(join(folder, 'generated/relay/*.ts'))];
  for (const file of files) {
    const source = readFileSync(file, 'utf8').replace(
      /graphql`\s*(?:query|mutation) (\w+)[^`]*`/g,
      'require("./$1.graphql.cjs").default',
    );
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 },
    });
    writeFileSync(join(built, basename(file).replace(/ts$/, 'cjs')), outputText);
  }
  return createRequire(import.meta.url)(join(built, 'relay.cjs')) as typeof Relay;
}

/** Loads a package that only the recipes have. */
export const requireClient = createRequire(join(folder, 'package.json'));

/**
 * Errors of types by file, of the recipes and of further sources beside them. `npm run check` looks at these tests too,
 * which takes twice the memory, because they import the service.
 */
export function findTypeErrors(sources: Readonly<Record<string, string>>): Map<string, string[]> {
  const { options, fileNames } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(folder, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')).config,
    ts.sys,
    folder,
  );
  const recipes = fileNames.filter((path) => path.startsWith(`${folder}/`));
  const added = new Map(Object.entries(sources).map(([name, text]) => [join(folder, name), text]));
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (path) => added.get(path) ?? readFile(path);
  host.fileExists = (path) => added.has(path) || fileExists(path);
  // A source need not use all that it imports.
  const lenient = { ...options, noUnusedLocals: false };
  const program = ts.createProgram([...recipes, ...added.keys()], lenient, host);
  const errors = new Map<string, string[]>();
  for (const { file, start = 0, messageText } of ts.getPreEmitDiagnostics(program)) {
    // The other files are checked with stricter options.
    if (file && !file.fileName.includes('/clients/')) continue;
    const name = file ? basename(file.fileName) : 'options';
    const line = (file?.text ?? '').slice(start).split('\n', 1)[0] ?? '';
    const text = `${ts.flattenDiagnosticMessageText(messageText, '\n')} ${line}`;
    errors.set(name, [...(errors.get(name) ?? []), text]);
  }
  return errors;
}
