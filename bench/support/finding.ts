/** What a benchmark has seen, for its table, and what of it must not be. */
export interface Finding {
  figures: (readonly [name: string, figure: string | number])[];
  problems: string[];
}
