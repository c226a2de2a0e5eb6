/** Whether a tenant's providers have no faults, and no effects of their last fault remain. */
export interface Mood {
  /** The number of the current period without faults; null during a fault. */
  goodTime(): number | null;
  begin(trouble: string): void;
  end(): void;
  /** Null: there is none. */
  trouble(): string | null;
}

export function createMood(): Mood {
  let times = 0;
  let trouble: string | null = null;
  return {
    goodTime: () => (trouble === null ? times : null),
    trouble: () => trouble,
    begin(name) {
      trouble = name;
      times += 1;
    },
    end: () => void (trouble = null),
  };
}
