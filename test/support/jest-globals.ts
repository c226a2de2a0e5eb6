/** What test files import as `@jest/globals`. */
import type { ModernFakeTimers } from '@jest/fake-timers';
import type * as jestGlobals from '@jest/globals';
import type { ModuleMocker } from 'jest-mock';

type Own = Pick<
  typeof jestGlobals,
  'afterAll' | 'afterEach' | 'beforeAll' | 'beforeEach' | 'describe' | 'expect' | 'test'
>;

/** Of `jest`, there is only what test files use. */
type Timers = 'advanceTimersByTime' | 'getTimerCount' | 'useFakeTimers' | 'useRealTimers';

export interface Globals extends Own {
  jest: Pick<ModernFakeTimers, Timers> & Pick<ModuleMocker, 'fn' | 'spyOn'>;
}

export let afterAll: Globals['afterAll'];
export let afterEach: Globals['afterEach'];
export let beforeAll: Globals['beforeAll'];
export let beforeEach: Globals['beforeEach'];
export let describe: Globals['describe'];
export let expect: Globals['expect'];
export let jest: Globals['jest'];
export let test: Globals['test'];

/** Modules that are already loaded see the new values. */
export function replaceGlobals(globals: Globals): void {
  ({ afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } = globals);
}
