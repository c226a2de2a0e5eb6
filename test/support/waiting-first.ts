import { createRequire } from 'node:module';
import type Sequencer from '@jest/test-sequencer';

// Its types are those of the CommonJS module.
const { default: TestSequencer } = createRequire(import.meta.url)(
  '@jest/test-sequencer',
) as typeof Sequencer;
type Tests = Parameters<InstanceType<typeof TestSequencer>['sort']>[0];

/** Files that wait more than they compute, although some are short. Many of them start several processes. */
const WAITING =
  /\/test\/(long|bench|conformance)\/|\/(deadline|documented-calls|images|large-answers|playground-visits)\.test/;

const OTHERS_FOR_EACH = 2;

/**
 * Starts with the files that wait, so that none runs alone at the end, and mixes in others that use the processors
 * meanwhile and limit the number of processes at a time. By default Jest starts with the slowest files.
 */
export default class WaitingFirst extends TestSequencer {
  override async sort(tests: Tests): Promise<Tests> {
    const sorted = await super.sort(tests);
    const isWaiting = ({ path }: Tests[number]): boolean => WAITING.test(path);
    const others = sorted.filter((test) => !isWaiting(test));
    const mixed = sorted
      .filter(isWaiting)
      .flatMap((test) => [test, ...others.splice(0, OTHERS_FOR_EACH)]);
    return [...mixed, ...others];
  }
}
