/** Whatever was thrown: an error of another realm is none by `instanceof`. */
interface Thrown {
  message?: unknown;
  /** Of the operating system: `EEXIST`. */
  code?: unknown;
  /** Of SQLite. */
  errcode?: unknown;
}

export function toThrown(error: unknown): Thrown {
  return typeof error === 'object' && error !== null ? error : {};
}

export function reasonOf(error: unknown): string {
  const { message } = toThrown(error);
  return typeof message === 'string' ? message : 'unknown reason';
}
