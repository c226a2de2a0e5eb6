const STORED_AS = 'badge-desk-caller';

/** The name of the operator, which the history shows. Empty if none is given. */
export const readCaller = (): string => localStorage.getItem(STORED_AS) ?? '';
export const storeCaller = (name: string): void => localStorage.setItem(STORED_AS, name.trim());
