import { createRequire } from 'node:module';
import type Sequencer from '@jest/test-sequencer';

// Its types are those of the CommonJS module.
const { default: TestSequencer } = createRequire(import.meta.url)(
  '@jest/test-sequencer',
) as typeof Sequencer;
type Tests = Parameters<InstanceType<typeof TestSequencer>['sort']>[0];

/** They wait more than they compute: begun first, they fill no processor, and none is left over at the end. */
const WAITING = /\/test\/(long|bench)\/|\/(deadline|playground-visits|documented-calls)\.test/;

/** The order of the files. Without times of an earlier run, Jest would begin with the largest files. */
export default class WaitingFirst extends TestSequencer {
  override async sort(tests: Tests): Promise<Tests> {
    const sorted = await super.sort(tests);
    const isWaiting = ({ path }: Tests[number]): boolean => WAITING.test(path);
    return [...sorted.filter(isWaiting), ...sorted.filter((test) => !isWaiting(test))];
  }
}
