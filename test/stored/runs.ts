const { DAMAGE_RUNS = '150' } = process.env;
if (!/^[1-9]\d*$/.test(DAMAGE_RUNS)) throw new Error('DAMAGE_RUNS must be a whole number from 1');

/** How many damaged records each property is tried on, in each kind of store. DAMAGE_RUNS asks for a longer search. */
export const damageRuns = Number(DAMAGE_RUNS);
export const TIMEOUT_MS = 60_000 + damageRuns * 200;
