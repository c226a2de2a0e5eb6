import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { eventually } from '../state/eventually.ts';
import { withChildren } from '../support/children.ts';
import { sendOperation } from '../support/graphql-client.ts';
import { startSandbox } from '../support/sandbox-process.ts';
import { ROUTER_SECRET, startProductionService } from '../support/service-process.ts';

const SDK = pathToFileURL(createRequire(import.meta.url).resolve('@opentelemetry/sdk-trace-node'));
const REGISTER = `data:text/javascript,${encodeURIComponent(
  `import sdk from '${SDK.href}'; new sdk.NodeTracerProvider().register();`,
)}`;

const RECORDED = '01';
const NOT_RECORDED = '00';
const SPAN_ID = expect.stringMatching(/^[\da-f]{16}$/);
const LIST = '{ badges(first: 2) { totalCount nodes { ... on TagMangoBadge { id } } } }';
const rename = (id: string) =>
  `mutation { updateBadge(input: { tagMango: { id: "${id}", name: "New name" } }) { outcome } }`;

test('each log line of a recorded request names its trace, however the request was answered', async () => {
  await withChildren(async (children) => {
    const { variables } = await startSandbox(children);
    const service = await startProductionService(
      children,
      { ...variables, LOG_SAMPLE: '1' },
      { nodeArgs: ['--import', REGISTER] },
    );
    const lines: Record<string, unknown>[] = [];
    service.onLog((line) => line && lines.push(line));
    let sent = 0;
    /** Returns the answer, and the trace of the request. */
    async function send(query: string, flags: string) {
      sent += 1;
      const traceId = sent.toString(16).padStart(32, '0');
      const headers = {
        'router-authorization': ROUTER_SECRET,
        'x-request-id': `${traceId}-${flags}`,
        traceparent: `00-${traceId}-${'b'.repeat(16)}-${flags}`,
      };
      return { traceId, ...(await sendOperation(service.url, { query }, { headers })) };
    }

    const { text } = await send(LIST, RECORDED);
    const [, id = ''] = /"id":"(\w+)"/.exec(text) ?? [];
    const written = await send(rename(id), RECORDED);
    expect(written.text).toContain('APPLIED');
    await send(LIST, NOT_RECORDED);
    await send('{ nothing }', RECORDED);
    await eventually(async () => {
      await send(LIST, RECORDED);
      return lines.some(({ path }) => path === 'fast');
    });

    const answers = lines.filter(({ msg }) => msg === 'A request was answered');
    expect(answers.length).toBeGreaterThan(4);
    for (const { requestId, trace_id, span_id } of answers) {
      const [traceId, flags] = String(requestId).split('-');
      const named = flags === RECORDED ? { trace_id: traceId, span_id: SPAN_ID } : {};
      expect({ requestId, trace_id, span_id }).toEqual({ requestId, ...named });
    }
    const calls = lines.filter(({ msg }) => msg === 'A provider was called');
    const own = calls.filter(({ trace_id }) => trace_id === written.traceId);
    expect(own.map(({ purpose }) => purpose)).toContain('write');
  });
});
