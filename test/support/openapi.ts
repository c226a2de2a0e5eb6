import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const jsonSchema = z.union([z.boolean(), z.record(z.string(), z.unknown())]);
const contentSchema = z.record(z.string(), z.object({ schema: jsonSchema }));
const securitySchema = z.array(z.record(z.string(), z.array(z.string())));
const serversSchema = z.array(z.object({ url: z.url() }));
const parametersSchema = z.array(
  z.object({
    name: z.string(),
    in: z.enum(['path', 'query', 'header']),
    required: z.boolean().default(false),
    schema: jsonSchema,
  }),
);
const operationSchema = z.object({
  operationId: z.string(),
  security: securitySchema.optional(),
  parameters: parametersSchema.default([]),
  requestBody: z
    .object({ required: z.boolean().default(false), content: contentSchema })
    .optional(),
  responses: z.record(z.string(), z.object({ content: contentSchema.optional() })),
});
const pathItemSchema = z.object({
  servers: serversSchema.optional(),
  parameters: parametersSchema.default([]),
  get: operationSchema.optional(),
  post: operationSchema.optional(),
  put: operationSchema.optional(),
  patch: operationSchema.optional(),
  delete: operationSchema.optional(),
});
const documentSchema = z.object({
  servers: serversSchema,
  security: securitySchema,
  paths: z.record(z.string(), pathItemSchema),
  components: z.object({
    securitySchemes: z.record(
      z.string(),
      z.discriminatedUnion('type', [
        z.object({ type: z.literal('apiKey'), in: z.literal('header'), name: z.string() }),
        z.object({ type: z.literal('http'), scheme: z.literal('bearer') }),
      ]),
    ),
  }),
});

type Document = z.output<typeof documentSchema>;
export type JsonSchema = z.output<typeof jsonSchema>;
export type Content = z.output<typeof contentSchema>;
export type Parameter = z.output<typeof parametersSchema>[number];
export type SecurityScheme = Document['components']['securitySchemes'][string];

export interface Operation extends Pick<
  z.output<typeof operationSchema>,
  'parameters' | 'requestBody' | 'responses'
> {
  method: string;
  /** One for each server's prefix; path parameters are named groups. */
  paths: RegExp[];
  /** Any one of them is enough; each lists schemes that are needed together. */
  security: SecurityScheme[][];
}

/** The operations of an OpenAPI 3.1 document by operationId. Its references are local and not recursive. */
export function readOperations(file: URL): Map<string, Operation> {
  const source: unknown = parse(readFileSync(file, 'utf8'));
  const document = documentSchema.parse(inline(source, source));
  const operations = new Map<string, Operation>();
  for (const [template, item] of Object.entries(document.paths)) {
    const { servers = document.servers, parameters, ...methods } = item;
    for (const [method, operation] of Object.entries(methods)) {
      if (!operation) continue;
      const { operationId, security = document.security, ...rest } = operation;
      if (operations.has(operationId)) throw new Error(`two operations are ${operationId}`);
      operations.set(operationId, {
        ...rest,
        method: method.toUpperCase(),
        paths: servers.map(({ url }) => toPathPattern(url, template)),
        parameters: [...parameters, ...rest.parameters],
        security: security.map((names) =>
          Object.keys(names).map((name) => toScheme(document, name)),
        ),
      });
    }
  }
  return operations;
}

function toPathPattern(server: string, template: string): RegExp {
  const path = new URL(server).pathname.replace(/\/$/, '') + template;
  return new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
}

function toScheme(document: Document, name: string): SecurityScheme {
  const scheme = document.components.securitySchemes[name];
  if (!scheme) throw new Error(`there is no security scheme ${name}`);
  return scheme;
}

/** The same document with every reference replaced by what it refers to. */
function inline(node: unknown, root: unknown): unknown {
  if (Array.isArray(node)) return node.map((each) => inline(each, root));
  if (typeof node !== 'object' || node === null) return node;
  if ('$ref' in node) return inline(lookUp(String(node.$ref), root), root);
  return Object.fromEntries(Object.entries(node).map(([key, each]) => [key, inline(each, root)]));
}

function lookUp(reference: string, root: unknown): unknown {
  const found = reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((node, key) => new Map(Object.entries(Object(node) as object)).get(key), root);
  if (found === undefined) throw new Error(`${reference} leads nowhere`);
  return found;
}
