import type {
  BreakerChange,
  Observer,
  RequestEnded,
  RequestRejected,
  WriteEnded,
} from '../../src/telemetry/observer.ts';

/** What an observer was told, as plain objects. */
export interface Told {
  requests: (Omit<RequestEnded, 'caller' | 'eachSource'> & { caller: string; sources: object })[];
  rejections: RequestRejected[];
  attempts: object[];
  writes: WriteEnded[];
  breakers: (BreakerChange & { tenant: string })[];
  lists: string[];
}

export function createRecorder(): { observer: Observer; told: Told } {
  const told: Told = {
    requests: [],
    rejections: [],
    attempts: [],
    writes: [],
    breakers: [],
    lists: [],
  };
  const observer: Observer = {
    requestEnded: (request) => told.requests.push(toPlain(request)),
    requestAnsweredFast: (request) => told.requests.push(toPlain(request)),
    requestRejected: (rejected) => told.rejections.push(rejected),
    attemptEnded: ({ provider, ...attempt }, tenant) =>
      told.attempts.push({ ...attempt, provider: provider.enumValue, tenant }),
    writeEnded: (write) => told.writes.push(write),
    breakerChanged: (change, tenant) => told.breakers.push({ ...change, tenant }),
    listRead: (provider) => told.lists.push(provider),
  };
  return { observer, told };
}

function toPlain(request: RequestEnded): Told['requests'][number] {
  const sources: Record<string, string> = {};
  request.eachSource((provider, state) => (sources[provider] = state));
  const { requestId, operation, tenant, status, codes, isExecuted } = request;
  const { durationMs, batchSize, isFast, writes } = request;
  return {
    requestId,
    operation,
    tenant,
    status,
    codes,
    isExecuted,
    durationMs,
    batchSize,
    isFast,
    writes,
    caller: request.caller(),
    sources,
  };
}
