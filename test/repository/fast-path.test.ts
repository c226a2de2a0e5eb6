import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';

const root = join(import.meta.dirname, '../..');
const FOLDER = join(root, 'src/server/fast-path/');
const SERVER = join(root, 'src/server/server.ts');
const isOfFastPath = (line: string): boolean => /\baddFastPath\b/.test(line);

/** The sources as they are without the folder of the fast path, and without its line and its import in the server. */
function createHost(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const readText = (file: string): string | undefined => {
    const text = file.startsWith(FOLDER) ? undefined : ts.sys.readFile(file);
    return file === SERVER
      ? text
          ?.split('\n')
          .filter((line) => !isOfFastPath(line))
          .join('\n')
      : text;
  };
  return {
    ...host,
    // As the compiler itself does: no type depends on a comment.
    jsDocParsingMode: ts.JSDocParsingMode.ParseForTypeErrors,
    fileExists: (file) => !file.startsWith(FOLDER) && ts.sys.fileExists(file),
    readFile: readText,
    getSourceFile(file, languageVersion) {
      const text = readText(file);
      return text === undefined ? undefined : ts.createSourceFile(file, text, languageVersion);
    },
  };
}

test('without the folder of the fast path, one line of the server and its import, all else compiles', () => {
  const lines = ts.sys.readFile(SERVER)?.split('\n').filter(isOfFastPath);
  expect(lines).toEqual([
    "import { addFastPath } from './fast-path/fast-path.ts';",
    '  addFastPath(ahead, { ...options, schema, queue, budget, bodies, keep });',
  ]);
  const files = globSync('src/**/*.ts', { cwd: root }).map((file) => join(root, file));
  const left = files.filter((file) => !file.startsWith(FOLDER));
  expect(left.length).toBeLessThan(files.length);
  const importing = left.filter((file) =>
    ts
      .preProcessFile(ts.sys.readFile(file) ?? '')
      .importedFiles.some(({ fileName }) => join(dirname(file), fileName).startsWith(FOLDER)),
  );
  // What imports none of it compiles as before, unless the server offers something else to it.
  expect(importing).toEqual([SERVER]);

  const config = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const program = ts.createProgram([SERVER], options, createHost(options));
  const server = program.getSourceFile(SERVER);
  const problems = [
    ...program.getSyntacticDiagnostics(server),
    ...program.getSemanticDiagnostics(server),
  ];
  const texts = problems.map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, '\n'),
  );
  expect(texts).toEqual([]);
}, 120_000);
