const { PROPERTY_RUNS = '300' } = process.env;
if (!/^[1-9]\d{2,}$/.test(PROPERTY_RUNS)) {
  throw new Error('PROPERTY_RUNS must be a whole number from 100');
}

/** How many examples each property is tried on. PROPERTY_RUNS asks for a longer search than a unit run can afford. */
export const numRuns = Number(PROPERTY_RUNS);

/** For asynchronous properties, milliseconds: an example takes a few, and a failing one is shrunk. */
export const TIMEOUT_MS = 30_000 + numRuns * 50;
