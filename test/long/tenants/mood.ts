/** Whether a tenant's providers are well, and have been for long enough that nothing is left of their last trouble. */
export interface Mood {
  /** Which of its good times this is; null: it is none. */
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
