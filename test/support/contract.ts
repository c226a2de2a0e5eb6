import formats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import {
  type Content,
  type JsonSchema,
  type Operation,
  type Parameter,
  type SecurityScheme,
  readOperations,
} from './openapi.ts';

/** A request to a provider and its response. */
export interface Exchange {
  request: ExchangeRequest;
  answer: ExchangeAnswer;
}

export interface ExchangeRequest {
  /** The operationId it is meant for. */
  operation: string;
  method: string;
  /** With any prefix and its query. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
}

export interface ExchangeAnswer {
  status: number;
  /** Without parameters such as the character set; null when there is none. */
  contentType: string | null;
  /** Undefined when there is none, text when it is not JSON. */
  body: unknown;
}

export interface Contract {
  operations: readonly string[];
  /**
   * Returns the violations of the contract in an exchange. The request is checked unless it was
   * rejected, because a rejection is the right response to a request that violates the contract.
   */
  problemsOf(exchange: Exchange): string[];
}

export function readContract(file: URL): Contract {
  const operations = readOperations(file);

  function problemsOf({ request, answer }: Exchange): string[] {
    const operation = operations.get(request.operation);
    if (!operation) return [`operation ${request.operation} is not in the contract`];
    const { pathname } = new URL(request.path, 'http://localhost');
    const match = operation.paths.map((pattern) => pattern.exec(pathname)).find(Boolean);
    if (!match || operation.method !== request.method) {
      return [`${request.method} ${pathname} is not ${request.operation}`];
    }
    const isRefused = answer.status >= 400 && answer.status < 500;
    return [
      ...(isRefused ? [] : requestProblems(operation, request, match.groups ?? {})),
      ...answerProblems(operation, answer),
    ];
  }
  return { operations: [...operations.keys()], problemsOf };
}

/** Sends a request over a real socket. A string is sent as it is, any other body as JSON. */
export async function exchange(origin: string, given: ExchangeRequest): Promise<Exchange> {
  const { method, path, body } = given;
  const jsonHeader = body === undefined ? {} : { 'content-type': 'application/json' };
  const request = { ...given, headers: { ...jsonHeader, ...given.headers } };
  const response = await fetch(origin + path, {
    method,
    headers: request.headers,
    body: typeof body === 'string' ? body : (JSON.stringify(body) ?? null),
  });
  const contentType = mediaType(response.headers.get('content-type'));
  const answerBody = toBody(await response.text(), contentType);
  return { request, answer: { status: response.status, contentType, body: answerBody } };
}

function toBody(text: string, contentType: string | null): unknown {
  if (text === '') return undefined;
  return contentType === 'application/json' ? (JSON.parse(text) as unknown) : text;
}

function mediaType(header: string | null): string | null {
  return header?.split(';')[0] ?? null;
}

function requestProblems(
  operation: Operation,
  request: ExchangeRequest,
  pathValues: Readonly<Record<string, string>>,
): string[] {
  const headers = new Headers(request.headers);
  const query = new URL(request.path, 'http://localhost').searchParams;
  const values = {
    path: new Map(Object.entries(pathValues)),
    query: new Map(query),
    header: new Map(headers),
  };
  const isKnown = (name: string): boolean =>
    operation.parameters.some((parameter) => parameter.in === 'query' && parameter.name === name);
  return [
    ...credentialProblems(operation, headers),
    ...operation.parameters.flatMap((parameter) =>
      parameterProblems(parameter, values[parameter.in].get(parameter.name)),
    ),
    ...[...query.keys()]
      .filter((name) => !isKnown(name))
      .map((name) => `query parameter ${name} is not in the contract`),
    ...requestBodyProblems(operation, request.body, headers),
  ];
}

function credentialProblems({ security }: Operation, headers: Headers): string[] {
  const isMet = (scheme: SecurityScheme): boolean =>
    scheme.type === 'http'
      ? /^Bearer \S+$/.test(headers.get('authorization') ?? '')
      : Boolean(headers.get(scheme.name));
  const hasCredentials = security.some((schemes) => schemes.every(isMet));
  return hasCredentials ? [] : ['request lacks the credentials that the contract wants'];
}

function requestBodyProblems(
  { requestBody }: Operation,
  body: unknown,
  headers: Headers,
): string[] {
  if (body === undefined) return requestBody?.required ? ['request lacks a body'] : [];
  if (!requestBody) return ['request has a body, which is not in the contract'];
  const contentType = mediaType(headers.get('content-type'));
  return contentProblems(requestBody.content, { contentType, body, name: 'request body' });
}

function answerProblems({ responses }: Operation, answer: ExchangeAnswer): string[] {
  const response = responses[answer.status];
  if (!response) return [`status ${answer.status} is not in the contract`];
  if (response.content) return contentProblems(response.content, { ...answer, name: 'answer' });
  return answer.body === undefined ? [] : ['answer has a body, which is not in the contract'];
}

function contentProblems(
  content: Content,
  given: { contentType: string | null; body: unknown; name: string },
): string[] {
  const { contentType, body, name } = given;
  const media = content[contentType ?? ''];
  if (!media) return [`${name} has the content type ${contentType ?? 'null'}`];
  return schemaProblems(bodies, media.schema, body).map((problem) => name + problem);
}

/** Paths, queries and headers are text: `"330"` is an integer there. */
function parameterProblems(parameter: Parameter, value: string | undefined): string[] {
  const name = `${parameter.in} parameter ${parameter.name}`;
  if (value === undefined) return parameter.required ? [`request lacks the ${name}`] : [];
  const schema = { type: 'object', properties: { [name]: parameter.schema } };
  return schemaProblems(parameters, schema, { [name]: value }).map((problem) => problem.slice(1));
}

const options = { strict: true, allErrors: true, allowUnionTypes: true } as const;
const bodies = new Ajv2020(options);
const parameters = new Ajv2020({ ...options, coerceTypes: true });
formats.default(bodies);
formats.default(parameters);

function schemaProblems(ajv: Ajv2020, schema: JsonSchema, value: unknown): string[] {
  const validate = ajv.compile(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message }) => `${instancePath} ${message ?? 'is wrong'}`,
  );
}
