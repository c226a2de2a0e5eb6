/**
 * Writes the JSON schema of the manifests that the chart makes: node deploy/helm/trim-openapi.ts <swagger.json> <version>
 * The file is api/openapi-spec/swagger.json of k8s.io/kubernetes. What is written is strict: no unknown property.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** The kinds of the chart, as the OpenAPI document names them. */
const KINDS = [
  'io.k8s.api.apps.v1.Deployment',
  'io.k8s.api.apps.v1.StatefulSet',
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  'io.k8s.api.core.v1.ConfigMap',
  'io.k8s.api.core.v1.Service',
  'io.k8s.api.core.v1.ServiceAccount',
  'io.k8s.api.networking.v1.NetworkPolicy',
  'io.k8s.api.policy.v1.PodDisruptionBudget',
];
const OUT = join(import.meta.dirname, '../../test/deploy/kubernetes-schema.json');
const PREFIX = '#/definitions/';

const jsonSchema = z.json();
type Json = z.infer<typeof jsonSchema>;
const documentSchema = z.object({
  definitions: z.record(z.string(), jsonSchema),
});

const [, , file, version] = process.argv;
if (file === undefined || version === undefined)
  throw new Error('Give the path of swagger.json, and its version');
const { definitions } = documentSchema.parse(JSON.parse(readFileSync(file, 'utf8')));

const kept = new Map<string, Json>();
KINDS.forEach(keep);
const schema = {
  $comment: `Kubernetes ${version}, Apache-2.0, without descriptions; see deploy/helm/trim-openapi.ts`,
  definitions: Object.fromEntries([...kept].sort(([a], [b]) => (a < b ? -1 : 1))),
};
writeFileSync(OUT, `${JSON.stringify(schema)}\n`);
console.log(`${kept.size} definitions of Kubernetes ${version}: ${OUT}`);

/** A definition, and those that it refers to. */
function keep(name: string): void {
  if (kept.has(name)) return;
  const definition = definitions[name];
  if (definition === undefined) throw new Error(`${file} does not define ${name}`);
  kept.set(name, null);
  kept.set(name, trim(definition));
}

function trim(node: Json): Json {
  if (Array.isArray(node)) return node.map(trim);
  if (node === null || typeof node !== 'object') return node;
  if (typeof node.$ref === 'string') keep(node.$ref.slice(PREFIX.length));
  if (node.format === 'int-or-string') return { type: ['integer', 'string'] };
  const { description: _, format: __, default: ___, ...rest } = node;
  const entries = Object.entries(rest).filter(([name]) => !name.startsWith('x-'));
  return {
    ...Object.fromEntries(
      entries.map(([name, value]): [string, Json] => [
        name,
        name === 'properties' ? trimEach(value) : trim(value),
      ]),
    ),
    ...('properties' in node && { additionalProperties: false }),
  };
}

/** Properties may have the name of a keyword. */
function trimEach(properties: Json): Json {
  if (properties === null || typeof properties !== 'object' || Array.isArray(properties))
    return properties;
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]): [string, Json] => [name, trim(value)]),
  );
}
