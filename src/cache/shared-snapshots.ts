/** Where replicas share what they read, and hear what has changed. What each of these promises stands with `Replicas` in state/. */
export interface SharedSnapshots<Look extends SharedLook = SharedLook> {
  epoch(): number;
  onForget(listener: (name: string) => void): () => void;
  forget(name: string): Promise<void>;
  look(name: string, claimMs: number): Promise<Look | undefined>;
  keep(look: Look, value: KeptValue): Promise<void>;
  release(look: Look): Promise<void>;
}

export interface SharedLook {
  readonly held: SharedValue | null;
  readonly mayLoad: boolean;
}

export interface KeptValue extends Omit<SharedValue, 'ageMs'> {
  /** How old it was when it was read, milliseconds; 0 if left out. */
  readonly ageMs?: number;
  readonly ttlMs: number;
}

export interface SharedValue {
  readonly text: string;
  /** How long ago it was read, milliseconds. */
  readonly ageMs: number;
  /** How long it is fresh after it was read, milliseconds. */
  readonly freshMs: number;
}
