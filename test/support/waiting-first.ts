import { createRequire } from 'node:module';
import type Sequencer from '@jest/test-sequencer';

// Its types are those of the CommonJS module.
const { default: TestSequencer } = createRequire(import.meta.url)(
  '@jest/test-sequencer',
) as typeof Sequencer;
type Tests = Parameters<InstanceType<typeof TestSequencer>['sort']>[0];

/** They wait more than they compute, and many start several processes. */
const WAITING = /\/test\/(long|bench)\/|\/(deadline|playground-visits|documented-calls)\.test/;

const OTHERS_FOR_EACH = 2;

/**
 * Begins with those that wait, so that none is left over at the end, and with others beside each, so that they use the
 * processors and there are not too many processes at once. Jest would begin with those that took longest.
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
