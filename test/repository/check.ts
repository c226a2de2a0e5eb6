/**
 * All that must hold beside the tests, in two lanes at once: npm run check
 * What fails is shown with its output, the rest goes on, and the last lines name the parts that failed.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasPackages } from '../../examples/supergraph/desk.ts';

const root = join(import.meta.dirname, '../..');

interface Part {
  name: string;
  command: readonly [program: string, ...args: string[]];
  /** Its output is shown even if it passes. */
  isShown?: true;
}

interface Ended extends Part {
  code: number | null;
  seconds: number;
  output: string;
}

const BUILD: Part = { name: 'build', command: ['npm', 'run', '--silent', 'build'] };

/** Of about the same length each. */
const LANES: readonly (readonly Part[])[] = [
  [{ name: 'lint', command: ['eslint', '.', '--max-warnings=0'] }],
  [
    { name: 'types', command: ['tsc'] },
    { name: 'types of the playground', command: ['tsc', '-p', 'src/server/playground'] },
    { name: 'format', command: ['prettier', '--check', '--log-level=warn', '.'] },
    { name: 'printed schema', command: ['node', 'schema/print.ts', '--check'] },
    { name: 'changes of the schema', command: ['node', 'schema/changes.ts'], isShown: true },
    { name: 'operations', command: ['graphql-codegen', '--check'] },
    ...partsOfDesk(),
    ...partsOfClients(),
    {
      name: 'repository and composition',
      command: [
        'node',
        'node_modules/jest/bin/jest.js',
        '--runInBand',
        'test/repository',
        'test/supergraph/composition',
      ],
    },
  ],
];

/** Its packages are installed by `npm run supergraph`, and by CI. */
function partsOfDesk(): Part[] {
  const folder = 'examples/badge-desk';
  if (!hasPackages()) {
    console.log('Skipped: types of the badge desk, since its packages are not installed.');
    return [];
  }
  return [
    { name: 'types of the badge desk', command: ['npm', 'run', '--prefix', folder, 'check'] },
  ];
}

/** Their tests write what the recipes import. */
function partsOfClients(): Part[] {
  const folder = 'examples/clients';
  if (!existsSync(join(root, folder, 'generated/relay'))) {
    console.log('Skipped: types of the client recipes, since test/clients has not run.');
    return [];
  }
  return [{ name: 'types of the client recipes', command: ['tsc', '-p', folder] }];
}

async function run(part: Part): Promise<Ended> {
  const [program, ...args] = part.command;
  const begun = performance.now();
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const ended = { ...part, code, output, seconds: (performance.now() - begun) / 1_000 };
  show(ended);
  return ended;
}

function show({ name, code, output, seconds, isShown }: Ended): void {
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name}, ${seconds.toFixed(0)} s`);
  if (code !== 0 || isShown) console.log(output.trimEnd());
}

async function runInTurn(parts: readonly Part[]): Promise<Ended[]> {
  const ended: Ended[] = [];
  for (const part of parts) ended.push(await run(part));
  return ended;
}

const build = await run(BUILD);
const others = build.code === 0 ? (await Promise.all(LANES.map(runInTurn))).flat() : [];
const failed = [build, ...others].filter(({ code }) => code !== 0).map(({ name }) => name);
console.log(failed.length === 0 ? 'All parts hold.' : `Failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
