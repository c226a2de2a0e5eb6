import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  CONTEXT,
  environmentOf,
  execOf,
  imageOf,
  lastOf,
  readDockerfile,
} from '../../deploy/image/dockerfile.ts';

const dockerfile = readDockerfile();
const image = imageOf(dockerfile);
const manifest = JSON.parse(readFileSync(join(CONTEXT, 'package.json'), 'utf8')) as {
  devDependencies: Record<string, string>;
};

test('every stage has the Node with which the tests run, by its exact version', () => {
  const base = `node:${manifest.devDependencies.node}-trixie-slim`;
  expect(dockerfile.args).toEqual({ NODE_IMAGE: base });
  expect(new Set(dockerfile.stages.map((stage) => stage.base))).toEqual(new Set([base]));
});

test('the image runs Node as process 1, as a user that Kubernetes can tell is not root', () => {
  expect(execOf(image, 'ENTRYPOINT')).toEqual([
    'node',
    '--import',
    '/app/telemetry/register.mjs',
    '/app/dist/main.js',
  ]);
  expect(lastOf(image, 'USER')?.text).toBe('1000:1000');
  expect(lastOf(image, 'STOPSIGNAL')?.text).toBe('SIGTERM');
  expect(lastOf(image, 'VOLUME')?.text).toBe('/state');
  expect(environmentOf(image)).toEqual({
    NODE_ENV: 'production',
    STATE_DIR: '/state',
    MALLOC_ARENA_MAX: '2',
  });
});

test('the health check needs no other program than Node', () => {
  const [program, ...args] = execOf(image, 'HEALTHCHECK');
  expect(program).toBe('node');
  expect(args.join(' ')).toContain('/health/ready');
});

test('the image takes packages and code from the stages that build, and nothing else', () => {
  const copies = image.steps.filter(({ keyword }) => keyword === 'COPY');
  expect(copies.map(({ flags, text }) => [flags.from, text])).toEqual([
    ['packages', '/app/package.json ./'],
    ['packages', '/app/node_modules ./node_modules'],
    ['packages', '/app/telemetry ./telemetry'],
    ['build', '/build/dist ./dist'],
  ]);
});

test('a builder receives what the Dockerfile copies, and nothing else', () => {
  const lines = readFileSync(join(CONTEXT, '.dockerignore'), 'utf8').split('\n');
  const taken = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  const copied = dockerfile.stages
    .flatMap(({ steps }) => steps)
    .filter(({ keyword, flags }) => keyword === 'COPY' && flags.from === undefined)
    .flatMap(({ text }) => text.split(/\s+/).slice(0, -1));
  expect(lines).toContain('*');
  expect(new Set(taken)).toEqual(new Set(copied));
});
