import fc from 'fast-check';

/*
 * `npm test` tries the same cases each time, so that a failure comes from a change. A longer search (PROPERTY_RUNS,
 * or the size of a long run) draws new ones, and SEED repeats it.
 */
const { SEED, PROPERTY_RUNS, SIZE, RUNS } = process.env;
const isLonger = [PROPERTY_RUNS, SIZE, RUNS].some((given) => given !== undefined);
if (SEED !== undefined || !isLonger) fc.configureGlobal({ seed: Number(SEED ?? 1) });
