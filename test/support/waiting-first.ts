import { createRequire } from 'node:module';
import type Sequencer from '@jest/test-sequencer';
import { isLarge } from './large-files.ts';

// Its types are those of the CommonJS module.
const { default: TestSequencer } = createRequire(import.meta.url)(
  '@jest/test-sequencer',
) as typeof Sequencer;
type Tests = Parameters<InstanceType<typeof TestSequencer>['sort']>[0];

/** Files that start many processes. Beside each other they would take too much memory. */
const MANY_PROCESSES =
  /\/(copies|erase[\w-]*|personal-data)\.test|\/long\/(stopping|tenants)\.|\/repository\/fast-path\./;
/** Files that wait more than they compute, although some are short. */
const WAITING =
  /\/test\/(long|bench|conformance|faults)\/|\/(documented-calls|faults|kill|large-answers|redis-\w+)\.test/;

/** Those of them that wait for 20 seconds or more. */
const LONG_WAITING =
  /\/(bench\/(soak|outage)|conformance\/kit|faults\/(table|deadline)|state\/redis-roles|writing\/(faults|kill|documented-calls)|long\/(fast-path|read-your-writes))\.test/;

/** Large files that take long. Jest, which knows only sizes at first, would start some of them last. */
const LONG_LARGE =
  /\/(playground-visits|routers-check|supergraph-example|comparison|adding|roles)\.test/;

/** Large files run one at a time, and one that waits for its turn keeps a worker. */
const OTHERS_FOR_EACH_LARGE = 17;
const OTHERS_FOR_EACH_OF_MANY_PROCESSES = 10;
const OTHERS_FOR_EACH_WAITING = 8;
const OTHERS_FOR_EACH_LONG_WAITING = 15;

/**
 * Spreads the files that wait, those that take much memory and those with many processes over all but the end of the
 * run, so that others use the processors meanwhile and none runs alone at the end. By default Jest starts with the
 * slowest files.
 */
export default class WaitingFirst extends TestSequencer {
  override async sort(tests: Tests): Promise<Tests> {
    const sorted = await super.sort(tests);
    const large = divide(
      sorted.filter(({ path }) => isLarge(path)),
      LONG_LARGE,
    ).flat();
    const [many, few] = divide(without(sorted, large), MANY_PROCESSES);
    const [waiting, others] = divide(few, WAITING);
    const [long, short] = divide(waiting, LONG_WAITING);
    const small = spread(
      long,
      spread(short, others, OTHERS_FOR_EACH_WAITING),
      OTHERS_FOR_EACH_LONG_WAITING,
    );
    return spread(
      large,
      spread(many, small, OTHERS_FOR_EACH_OF_MANY_PROCESSES),
      OTHERS_FOR_EACH_LARGE,
    );
  }
}

const without = (files: Tests, left: Tests): Tests => files.filter((file) => !left.includes(file));

/** Those whose path matches, and the others. */
function divide(files: Tests, pattern: RegExp): [Tests, Tests] {
  const matching = files.filter(({ path }) => pattern.test(path));
  return [matching, without(files, matching)];
}

/** Each of the first, followed by so many of the others. */
function spread(first: Tests, others: Tests, count: number): Tests {
  const mixed = first.flatMap((test, index) => [
    test,
    ...others.slice(index * count, (index + 1) * count),
  ]);
  return [...mixed, ...others.slice(first.length * count)];
}
