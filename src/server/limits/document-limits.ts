import type { ApolloServerOptions, BaseContext } from '@apollo/server';
import {
  type ASTVisitor,
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  type ValidationContext,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { DOCUMENT_CAPS, OPERATION_CAPS, limitError, showCap } from './limits.ts';

/** A selection set as if every fragment were written out in its place. */
export interface FragmentExpansion {
  /** Selection sets within one another, this one included. */
  depth: number;
  selections: number;
  /** Fields that are not within others. */
  fields: number;
}

const NOTHING: FragmentExpansion = { depth: 0, selections: 0, fields: 0 };

/**
 * Measures what is never written out: fragments that spread each other twice double with each of them. Each is
 * measured once. One that spreads itself counts as nothing there; a rule of the specification refuses it.
 */
export function createFragmentExpansion(
  document: DocumentNode,
): (definition: OperationDefinitionNode | FragmentDefinitionNode) => FragmentExpansion {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  const measured = new Map<string, FragmentExpansion>();

  function ofFragment(name: string): FragmentExpansion {
    const known = measured.get(name);
    if (known) return known;
    const fragment = fragments.get(name);
    if (!fragment) return NOTHING;
    measured.set(name, NOTHING);
    const writtenOut = ofSelectionSet(fragment.selectionSet);
    measured.set(name, writtenOut);
    return writtenOut;
  }

  function ofSelectionSet({ selections }: SelectionSetNode): FragmentExpansion {
    const sum = { depth: 0, selections: 0, fields: 0 };
    for (const selection of selections) {
      const isField = selection.kind === Kind.FIELD;
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? ofFragment(selection.name.value)
          : selection.selectionSet
            ? ofSelectionSet(selection.selectionSet)
            : NOTHING;
      sum.depth = Math.max(sum.depth, inner.depth);
      sum.selections += 1 + inner.selections;
      sum.fields += isField ? 1 : inner.fields;
    }
    return { ...sum, depth: sum.depth + 1 };
  }

  return ({ selectionSet }) => ofSelectionSet(selectionSet);
}

/** What a document has, wherever it stands in it. */
export interface DocumentCounts {
  lines: number;
  aliases: number;
  directives: number;
  spreads: number;
  /** The most fields under one name that have more than this name. */
  sameName: number;
  /** The most others. */
  samePlainName: number;
  /** The most lists and objects within one another. */
  valueDepth: number;
}

export function countDocument(document: DocumentNode): DocumentCounts {
  const counts: DocumentCounts = {
    lines: countLines(document.loc?.source.body ?? ''),
    aliases: 0,
    directives: 0,
    spreads: 0,
    sameName: 0,
    samePlainName: 0,
    valueDepth: 0,
  };
  const countNamed = createCounter();
  const countPlain = createCounter();
  let valueDepth = 0;
  const nested = {
    enter(): void {
      valueDepth += 1;
      counts.valueDepth = Math.max(counts.valueDepth, valueDepth);
    },
    leave(): void {
      valueDepth -= 1;
    },
  };

  visit(document, {
    Field(field: FieldNode) {
      const { alias, name } = field;
      if (alias) counts.aliases += 1;
      const shown = (alias ?? name).value;
      if (isPlain(field)) counts.samePlainName = Math.max(counts.samePlainName, countPlain(shown));
      else counts.sameName = Math.max(counts.sameName, countNamed(shown));
    },
    Directive() {
      counts.directives += 1;
    },
    FragmentSpread() {
      counts.spreads += 1;
    },
    ListValue: nested,
    ObjectValue: nested,
    ListType: nested,
  });
  return counts;
}

function isPlain({ alias, arguments: given = [], selectionSet }: FieldNode): boolean {
  return !alias && !selectionSet && given.length === 0;
}

/** Tells how often it was told a name. */
function createCounter(): (name: string) => number {
  const times = new Map<string, number>();
  return (name) => {
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    return time;
  };
}

function countLines(text: string): number {
  return text.split(/\r\n|[\n\r]/).length;
}

/** Enough to mend a document by; telling of each takes its time. */
export const MAX_VALIDATION_ERRORS = 20;

/** Refuses documents that would cost much to validate or to execute, before the other rules look at them. */
export function documentLimits(context: ValidationContext): ASTVisitor {
  return {
    Document(document) {
      const excess = findExcess(document);
      if (!excess) return undefined;
      context.reportError(limitError(excess.message, excess.at));
      // To a visitor null says that the node is gone: no rule sees anything of the document.
      return null;
    },
  };
}

interface Check {
  has: number;
  cap: number;
  /** For its caller. */
  message: string;
  at?: DefinitionNode;
}

function findExcess(document: DocumentNode): Check | undefined {
  return checksOfDocument(document).find(isExcess) ?? checksOfDefinitions(document).find(isExcess);
}

const isExcess = ({ has, cap }: Check): boolean => has > cap;

function checksOfDocument(document: DocumentNode): Check[] {
  const counts = countDocument(document);
  const caps = DOCUMENT_CAPS;
  return [
    mayHave(counts.lines, caps.lines, 'lines'),
    mayHave(counts.aliases, caps.aliases, 'aliases'),
    mayHave(counts.directives, caps.directives, 'directives'),
    mayHave(counts.spreads, caps.spreads, 'fragment spreads'),
    mayHave(counts.sameName, caps.sameName, 'fields with the same name'),
    mayHave(
      counts.samePlainName,
      caps.samePlainName,
      'fields with the same name and no alias or arguments',
    ),
    mayHave(counts.valueDepth, caps.valueDepth, 'levels of nested lists and objects'),
  ];
}

function mayHave(has: number, cap: number, what: string): Check {
  return { has, cap, message: `A document must have at most ${showCap(cap)} ${what}.` };
}

function checksOfDefinitions(document: DocumentNode): Check[] {
  const writeOut = createFragmentExpansion(document);
  const caps = OPERATION_CAPS;
  return document.definitions.flatMap((at): Check[] => {
    if (at.kind !== Kind.OPERATION_DEFINITION && at.kind !== Kind.FRAGMENT_DEFINITION) return [];
    const { depth, selections, fields } = writeOut(at);
    const mayHere = (has: number, cap: number, what: string): Check => ({
      has,
      cap,
      message: `An operation must have at most ${showCap(cap)} ${what}.`,
      at,
    });
    const sizes = [
      mayHere(depth, caps.depth, 'levels of nested selections'),
      mayHere(selections, caps.selections, 'selections, including those of its fragments'),
    ];
    if (at.kind === Kind.FRAGMENT_DEFINITION) return sizes;
    return at.operation === OperationTypeNode.MUTATION
      ? [...sizes, mayHere(fields, caps.mutations, 'mutations')]
      : [...sizes, mayHere(fields, caps.rootFields, 'root fields')];
  });
}

/** Refuses operations that the schema has no root for: executed, they would count as a failure of ours. */
export function knownOperations(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (context.getSchema().getRootType(node.operation)) return;
      const message = `This graph has no ${node.operation} type.`;
      context.reportError(new GraphQLError(message, { nodes: node }));
    },
  };
}

type DocumentStore = NonNullable<ApolloServerOptions<BaseContext>['documentStore']>;

/** In tokens, each of which takes some hundred bytes once parsed. A gateway's operations have about a hundred. */
const MAX_WEIGHT = 200_000;
/** A document keeps its text, including comments: this many characters take at least as much memory as one token. */
const CHARACTERS_PER_TOKEN = 10;

/**
 * Valid documents, so that they are not parsed and validated again. Those used last are kept. Apollo's own store weighs
 * a document by the length of its JSON, which says little about its memory, and writes that JSON for each.
 */
export function createDocumentStore(maxWeight = MAX_WEIGHT): DocumentStore {
  const documents = new LRUCache<string, DocumentNode>({
    maxSize: maxWeight,
    sizeCalculation: weigh,
  });
  return {
    get: async (key) => documents.get(key),
    set: async (key, document) => void documents.set(key, document),
    delete: async (key) => documents.delete(key),
  };
}

function weigh({ loc, tokenCount = 0 }: DocumentNode): number {
  const characters = loc?.source.body.length ?? 0;
  return Math.max(1, tokenCount, Math.ceil(characters / CHARACTERS_PER_TOKEN));
}
