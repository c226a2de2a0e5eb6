import { isObject } from '../http/json.ts';
import { toName } from './envelope.ts';

/** The e-mail address or phone number that identifies the requested person. */
export interface PersonKey {
  email: string | null;
  /** Digits only. */
  phone: string | null;
}

const MAX_DEPTH = 4;
const MAX_ENTRIES = 1_000;
/** For all entries of a person. Outer entries come first. */
const MAX_ALL_ENTRIES = 5_000;
/** The length of an address with some text around it. Longer texts are not addresses, and are slow to compare. */
const MAX_ADDRESS_CHARACTERS = 1_000;
/** Objects under these names describe the same person. */
const OF_THE_PERSON = /^(user|member|profile|account|contact|attributes|(custom|user)?fields)$/;
const EMAIL = /^(user|member|primary|account|login|contact)?e?mail(address|id)?$/;
const LIKE_EMAIL = /mail|^(user|login)name$|^identifier$|^login$/;
const PHONE = /^(user|member|primary|contact)?(phone|mobile)(number|no)?$/;
/** Fields that may contain the name of a custom field. */
const LABELS = ['name', 'key', 'label', 'field', 'fieldName', 'fieldIdorName', 'title'];

/**
 * Whether a provider's record of a person names a different person than the requested one. It may contain further
 * addresses, but if it contains any, one of them must be the requested one.
 */
export function isAnotherPerson(person: unknown, asked: PersonKey): boolean {
  const entries = entriesOf(person);
  return isOtherEmail(entries, asked.email) || isOtherPhone(entries, asked.phone);
}

interface Entry {
  /** Whether it is one of the person's own fields, and not one of a nested object. */
  isOwn: boolean;
  name: string;
  value: unknown;
}

function isOtherEmail(entries: readonly Entry[], asked: string | null): boolean {
  if (asked === null) return false;
  const emails = entries.flatMap(({ isOwn, name, value }) => {
    const isEmail = EMAIL.test(name);
    const shown = (Array.isArray(value) ? value.slice(0, MAX_ENTRIES) : [value]).filter(isAddress);
    if (shown.length === 0 || !(isEmail || LIKE_EMAIL.test(name))) return [];
    const isSame = shown.some((address) => isSameEmail(address, asked));
    return [{ isCertain: isOwn && isEmail, isSame }];
  });
  if (emails.some(({ isCertain, isSame }) => isCertain && !isSame)) return true;
  return emails.length > 0 && !emails.some(({ isSame }) => isSame);
}

function isAddress(value: unknown): value is string {
  const isShort = typeof value === 'string' && value.length <= MAX_ADDRESS_CHARACTERS;
  return isShort && value.includes('@');
}

/** Either number may have further digits in front. */
function isOtherPhone(entries: readonly Entry[], asked: string | null): boolean {
  if (asked === null) return false;
  return entries.some(({ isOwn, name, value }) => {
    if (!isOwn || !PHONE.test(name)) return false;
    if (typeof value !== 'string' && typeof value !== 'number') return false;
    if (String(value).length > MAX_ADDRESS_CHARACTERS) return false;
    const digits = String(value).replace(/\D/g, '');
    return digits !== '' && !digits.endsWith(asked) && !asked.endsWith(digits);
  });
}

/** Some providers mask addresses, for example `a***@example.com`. */
function isSameEmail(shown: string, asked: string): boolean {
  const [start = '', ...rest] = toComparable(shown).split(/[*•…]+/u);
  const email = toComparable(asked);
  const end = rest.at(-1);
  return end === undefined ? email === start : email.startsWith(start) && email.endsWith(end);
}

function toComparable(email: string): string {
  return email.trim().normalize('NFC').toLowerCase();
}

/** The fields of a person with their names, including custom fields, the outer ones first. */
function entriesOf(person: unknown): Entry[] {
  const entries: Entry[] = [];
  let level: Pick<Entry, 'isOwn' | 'value'>[] = [{ isOwn: true, value: person }];
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth += 1) {
    const next: Pick<Entry, 'isOwn' | 'value'>[] = [];
    for (const { isOwn, value } of level) {
      if (entries.length + next.length > MAX_ALL_ENTRIES) return entries;
      if (Array.isArray(value)) {
        next.push(...value.slice(0, MAX_ENTRIES).map((one: unknown) => ({ isOwn, value: one })));
        continue;
      }
      if (!isObject(value)) continue;
      entries.push(...customEntry(value, isOwn));
      for (const [key, inner] of Object.entries(value).slice(0, MAX_ENTRIES)) {
        const name = toName(key);
        entries.push({ isOwn, name, value: inner });
        next.push({ isOwn: isOwn && OF_THE_PERSON.test(name), value: inner });
      }
    }
    level = next.filter(({ value }) => typeof value === 'object');
  }
  return entries;
}

function customEntry(part: Readonly<Record<string, unknown>>, isOwn: boolean): Entry[] {
  const labelled = LABELS.map((label) => part[label]).find((label) => typeof label === 'string');
  return labelled !== undefined && 'value' in part
    ? [{ isOwn, name: toName(labelled), value: part.value }]
    : [];
}
