/**
 * What is at hand is not waited for.
 *
 * Promises: a chain of such steps ends within the call that began it if no step of it has to wait. A page from lists
 * that are at hand would spend a twentieth of its time on waiting for what is there.
 */
import { isPromise } from '../http/json.ts';

export type MaybePromise<T> = T | Promise<T>;

/** What `next` makes of the value, now or once it is there. Throws at once, or rejects, what `next` throws. */
export function andThen<T, U>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<U>,
): MaybePromise<U> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** What `make` makes of all items, once the last is there. Throws at once, or rejects, what is first thrown. */
export function mapAll<T, U>(
  items: readonly T[],
  make: (item: T) => MaybePromise<U>,
): MaybePromise<readonly U[]> {
  const values: MaybePromise<U>[] = [];
  try {
    for (const item of items) values.push(make(item));
  } catch (error) {
    // Those before it may reject later. Only the first error counts, but a rejection that nobody hears ends the process.
    void Promise.allSettled(values);
    throw error;
  }
  return areThere(values) ? values : Promise.all(values);
}

function areThere<T>(values: readonly MaybePromise<T>[]): values is readonly T[] {
  return !values.some(isPromise);
}
