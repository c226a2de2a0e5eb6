import { createRequire } from 'node:module';
import type Sequencer from '@jest/test-sequencer';

// Its types are those of the CommonJS module.
const { default: TestSequencer } = createRequire(import.meta.url)(
  '@jest/test-sequencer',
) as typeof Sequencer;
type Tests = Parameters<InstanceType<typeof TestSequencer>['sort']>[0];

/** Files that start a browser, a compiler or many processes. Beside each other they would take too much memory. */
const LARGE =
  /\/desk\/|\/(playground[\w-]*|images-in-a-page|supergraph-example|adding|copies|erase[\w-]*|personal-data)\.test|\/long\/(roles|stopping|tenants)\.|\/bench\/comparison\.|\/repository\/fast-path\./;
/** Files that wait more than they compute, although some are short. */
const WAITING =
  /\/test\/(long|bench|conformance)\/|\/(deadline|documented-calls|images|large-answers)\.test/;

const OTHERS_FOR_EACH_LARGE = 10;
const OTHERS_FOR_EACH_WAITING = 2;

/**
 * Starts with the files that wait, so that none runs alone at the end, and mixes in others that use the processors
 * meanwhile. Large files are spread. By default Jest starts with the slowest files.
 */
export default class WaitingFirst extends TestSequencer {
  override async sort(tests: Tests): Promise<Tests> {
    const sorted = await super.sort(tests);
    const matching = (files: Tests, pattern: RegExp) =>
      files.filter(({ path }) => pattern.test(path));
    const large = matching(sorted, LARGE);
    const small = sorted.filter((test) => !large.includes(test));
    const waiting = matching(small, WAITING);
    const others = small.filter((test) => !waiting.includes(test));
    const mixed = spread(waiting, others, OTHERS_FOR_EACH_WAITING);
    return spread(large, mixed, OTHERS_FOR_EACH_LARGE);
  }
}

/** Each of the first, followed by so many of the others. */
function spread(first: Tests, others: Tests, count: number): Tests {
  const mixed = first.flatMap((test, index) => [
    test,
    ...others.slice(index * count, (index + 1) * count),
  ]);
  return [...mixed, ...others.slice(first.length * count)];
}
