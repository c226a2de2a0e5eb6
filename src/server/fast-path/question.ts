/**
 * Promises: reads what the body of a request asks as the full path has read it. It is given only bodies that the full
 * path has answered without an error, and so repeats none of its checks.
 */
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLObjectType,
  type OperationDefinitionNode,
  OperationTypeNode,
  getOperationAST,
  getVariableValues,
  parse,
} from 'graphql';
import { collectFields } from 'graphql/execution/collectFields.js';
import { isObject } from '../../http/json.ts';
import { type Executable, type Selected, fragmentsOf } from './render.ts';

export interface Question extends Selected {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  query: GraphQLObjectType;
  /** As they stand in the body. */
  given: Record<string, unknown>;
  /** The root fields, by the keys of the answer. */
  roots: ReadonlyMap<string, readonly FieldNode[]>;
}

/** Undefined: it is no query, or cannot be read. */
export function readQuestion(executable: Executable, body: unknown): Question | undefined {
  const { schema } = executable;
  if (!isObject(body) || typeof body.query !== 'string') return undefined;
  const { operationName, variables: given = {} } = body;
  const name = typeof operationName === 'string' && operationName !== '' ? operationName : null;
  const document = parse(body.query, { noLocation: true });
  const operation = getOperationAST(document, name);
  const query = schema.getQueryType();
  if (operation?.operation !== OperationTypeNode.QUERY || !query) return undefined;
  const known = isObject(given) ? given : {};
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], known);
  if (!coerced) return undefined;
  const fragments = fragmentsOf(document);
  const roots = collectFields(schema, fragments, coerced, query, operation.selectionSet);
  return {
    ...executable,
    document,
    operation,
    query,
    given: known,
    variables: coerced,
    fragments,
    roots,
  };
}
