import type { FaultInput, FaultOf } from './faults.ts';

/** The provider's own error body for a status. */
type ToErrorBody = (status: number) => object;
type Answer = Partial<Omit<FaultOf<'answer'>, 'kind'>>;

const MINUTES = 60_000;

/** Faults by name, for those who need not spell them. Made anew for each request, since some tell the time. */
const PRESETS = {
  html: () => page(200, 'Please sign in'),
  'text-json': () => answer({ contentType: 'text/plain', body: '[]' }),
  empty: () => answer({}),
  'no-content': () => answer({ status: 204 }),
  'malformed-json': () => answer({ body: '{"success": true, "res' }),
  'refused-inside': (toErrorBody) => answer({ body: toErrorBody(400) }),
  'too-many': (toErrorBody) => tooMany(toErrorBody, { 'retry-after': '1' }),
  'too-many-date': (toErrorBody) =>
    tooMany(toErrorBody, { date: httpDate(0), 'retry-after': httpDate(2_000) }),
  'too-many-silent': (toErrorBody) => tooMany(toErrorBody, {}),
  'too-many-negative': (toErrorBody) => tooMany(toErrorBody, { 'retry-after': '-5' }),
  'too-many-absurd': (toErrorBody) => tooMany(toErrorBody, { 'retry-after': '999999999' }),
  'server-error': (toErrorBody) => refusal(500, toErrorBody),
  'bad-gateway': () => page(502, 'Bad Gateway'),
  unavailable: () => page(503, 'Service Unavailable'),
  'gateway-timeout': () => page(504, 'Gateway Timeout'),
  'bad-request': (toErrorBody) => refusal(400, toErrorBody),
  unauthorized: (toErrorBody) => refusal(401, toErrorBody),
  forbidden: (toErrorBody) => refusal(403, toErrorBody),
  'not-found': (toErrorBody) => refusal(404, toErrorBody),
  conflict: (toErrorBody) => refusal(409, toErrorBody),
  unprocessable: (toErrorBody) => refusal(422, toErrorBody),
  moved: () => redirect(301),
  found: () => redirect(302),
  'see-other': () => redirect(303),
  'temporary-redirect': () => redirect(307),
  'permanent-redirect': () => redirect(308),
  'clock-ahead': () => clock(10 * MINUTES),
  'clock-behind': () => clock(-10 * MINUTES),
} satisfies Record<string, (toErrorBody: ToErrorBody) => FaultInput>;

export type PresetName = keyof typeof PRESETS;

export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

export function toPreset(name: PresetName, toErrorBody: ToErrorBody): FaultInput {
  return PRESETS[name](toErrorBody);
}

function answer(rest: Answer): FaultInput {
  return { kind: 'answer', ...rest };
}

function page(status: number, title: string): FaultInput {
  const body = `<!doctype html><title>${title}</title><h1>${title}</h1>`;
  return answer({ status, contentType: 'text/html; charset=utf-8', body });
}

/** To where an answer waits, so that a client that follows is found out. */
function redirect(status: number): FaultInput {
  return answer({ status, headers: { location: '/_sandbox' } });
}

function refusal(status: number, toErrorBody: ToErrorBody): FaultInput {
  return answer({ status, body: toErrorBody(status) });
}

function tooMany(toErrorBody: ToErrorBody, headers: Record<string, string>): FaultInput {
  return answer({ status: 429, headers, body: toErrorBody(429) });
}

function clock(aheadMs: number): FaultInput {
  return { kind: 'headers', headers: { date: httpDate(aheadMs) } };
}

function httpDate(aheadMs: number): string {
  return new Date(Date.now() + aheadMs).toUTCString();
}
