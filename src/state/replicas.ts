/** What follows it in a name tells variants apart: each has a value of its own, and all are forgotten together. */
export const VARIANT = '@';

/** What replicas share of lists that were read, and tell each other about them. */
export interface Replicas {
  /**
   * Changes when a message of another replica may have been missed, and again once they are sure to come.
   * What was read under another epoch than the present one is not to be shown. Where the others can be reached
   * but not heard, it is another one each time: nothing is held then, and every read looks.
   */
  epoch(): number;
  /** `listener` is told the names that another replica forgets. Returns how to stop it. */
  onForget(listener: (name: string) => void): () => void;
  /**
   * Makes all replicas forget a name with all its variants, and resolves once none of them shows what it was. Never rejects:
   * out of reach of the others, it is made up for once they are back.
   */
  forget(name: string): Promise<void>;

  /**
   * What is held, and the right to read it anew, for `claimMs` at most.
   * Undefined: the others are out of reach, or what is held there may be older than a write of this replica.
   */
  look(name: string, claimMs: number): Promise<SharedRead | undefined>;
  /** Keeps what was read, unless it was forgotten since the look. Never rejects. */
  keep(look: SharedRead, value: KeptValue): Promise<void>;
  /** Nothing came of the read: another replica may try. Never rejects. */
  release(look: SharedRead): Promise<void>;
}

export interface SharedValue {
  text: string;
  /** How long it is fresh after it was looked for, milliseconds. */
  freshMs: number;
  /** How long ago it was looked for, and then read, milliseconds. */
  ageMs: number;
}

export interface KeptValue extends Omit<SharedValue, 'ageMs'> {
  /** How old it was already when it was looked for, milliseconds; 0 if left out. */
  ageMs?: number;
  /** How long it may be shown at all after it was looked for, milliseconds. */
  ttlMs: number;
}

/** What there is under a name, and who is to read it anew. */
export interface SharedRead {
  readonly name: string;
  /** Null: nothing, or only what is old while another replica reads it anew. */
  readonly held: SharedValue | null;
  /** Whether this replica is to read it; what is held is old then. */
  readonly mayLoad: boolean;
  /** Opaque: what the name stood for at this moment. */
  readonly generation: string;
  /** Opaque: the moment of the look, by the clock that all share. */
  readonly at: string;
  /** Opaque: the right to read it. */
  readonly ticket: string;
}
