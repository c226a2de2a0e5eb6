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
import { DOCUMENT_CAPS, OPERATION_CAPS, limitError, showCap } from './limits.ts';

/** The size of a selection set with its fragments expanded. */
interface FragmentExpansion {
  /** Nested selection sets, including this one. */
  depth: number;
  selections: number;
  /** Fields at its top level. */
  fields: number;
}

const NOTHING: FragmentExpansion = { depth: 0, selections: 0, fields: 0 };

/**
 * Measures selection sets without expanding them: a chain of fragments that each spread the next one twice doubles with
 * each link. Each fragment is measured once. A fragment cycle counts as empty, and a rule of the specification rejects it.
 */
function createFragmentExpansion(
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
    const expansion = ofSelectionSet(fragment.selectionSet);
    measured.set(name, expansion);
    return expansion;
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

/** Counts over a whole document. */
interface DocumentCounts {
  lines: number;
  aliases: number;
  directives: number;
  spreads: number;
  /** The maximum number of fields with one response name that have an alias, arguments or a selection set. */
  sameName: number;
  /** The same for all other fields. */
  samePlainName: number;
  /** The maximum nesting of lists and objects. */
  valueDepth: number;
}

function countDocument(document: DocumentNode): DocumentCounts {
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

/** Returns how often it has been called with a name. */
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

/** Creating each error takes time, and more of them would not help the caller. */
export const MAX_VALIDATION_ERRORS = 20;

/** A validation rule that rejects documents that are expensive to validate or execute, before other rules see them. */
export function documentLimits(context: ValidationContext): ASTVisitor {
  return {
    Document(document) {
      const excess = findExcess(document);
      if (!excess) return undefined;
      context.reportError(limitError(excess.message, excess.at));
      // For a visitor, null removes the node: no other rule sees the document.
      return null;
    },
  };
}

interface Check {
  has: number;
  cap: number;
  /** For the caller. */
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
  const expand = createFragmentExpansion(document);
  const caps = OPERATION_CAPS;
  return document.definitions.flatMap((at): Check[] => {
    if (at.kind !== Kind.OPERATION_DEFINITION && at.kind !== Kind.FRAGMENT_DEFINITION) return [];
    const { depth, selections, fields } = expand(at);
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

/** A validation rule for operations without a root type. Executing them would fail as an internal error. */
export function knownOperations(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (context.getSchema().getRootType(node.operation)) return;
      const message = `This graph has no ${node.operation} type.`;
      context.reportError(new GraphQLError(message, { nodes: node }));
    },
  };
}
