/**
 * Moments as providers write them. What can be read in two ways, or names no day that there is, is read in none: a
 * wrong date is worse than no date.
 */

/** A year, so that nothing smaller, such as 20240531, is taken for a number of seconds. */
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);

/** ISO 8601 in UTC. Undefined: it cannot be read. */
export function toInstant(value: unknown): string | undefined {
  if (typeof value === 'number') return ofEpoch(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d{9,13}(\.\d{1,9})?$/.test(text)) return ofEpoch(Number(text));
  return ofParts(text) ?? ofHttpDate(text);
}

/** Seconds or milliseconds: for any moment of this century they are a thousand times as many. */
function ofEpoch(number: number): string | undefined {
  for (const ms of [number, number * 1_000]) {
    if (ms >= EARLIEST && ms < LATEST) return new Date(ms).toISOString();
  }
  return undefined;
}

const DAY = String.raw`(?<year>\d{4})([-/])(?<month>\d{2})\2(?<day>\d{2})`;
const TIME = String.raw`(?<hour>\d{2}):(?<minute>\d{2})(:(?<second>\d{2})([.,](?<fraction>\d{1,30}))?)?`;
const ZONE = String.raw`(Z|UTC|GMT|(?<sign>[+-])(?<zoneHour>\d{2}):?(?<zoneMinute>\d{2})?)`;
const PARTS = new RegExp(`^${DAY}((T| +)${TIME} *${ZONE}?)?$`, 'i');

/** Year first, in digits. Without a zone it is UTC. */
function ofParts(text: string): string | undefined {
  const parts = PARTS.exec(text)?.groups;
  if (!parts) return undefined;
  const number = (name: string): number => Number(parts[name] ?? 0);
  const [year, month, day] = [number('year'), number('month'), number('day')];
  const [hour, minute, second] = [number('hour'), number('minute'), number('second')];
  const [zoneHour, zoneMinute] = [number('zoneHour'), number('zoneMinute')];
  const isTime = hour < 24 && minute < 60 && second < 60 && zoneHour < 24 && zoneMinute < 60;
  if (!isTime || !isDay(year, month, day)) return undefined;
  const ms = Number(`${parts.fraction ?? ''}000`.slice(0, 3));
  const zoneMs = (parts.sign === '-' ? -1 : 1) * (zoneHour * 60 + zoneMinute) * 60_000;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, ms);
  const moment = new Date(date.getTime() - zoneMs);
  const isWritable = moment.getUTCFullYear() >= 0 && moment.getUTCFullYear() <= 9999;
  return isWritable ? moment.toISOString() : undefined;
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return day > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** `Fri, 31 May 2024 13:03:26 GMT`; only where it is written exactly so. */
function ofHttpDate(text: string): string | undefined {
  const date = new Date(
    /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/.test(text) ? text : '',
  );
  return !Number.isNaN(date.getTime()) && date.toUTCString() === text
    ? date.toISOString()
    : undefined;
}
