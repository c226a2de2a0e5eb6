import { Kind } from 'graphql';
import type {
  DocumentNode,
  FragmentDefinitionNode,
  OperationDefinitionNode,
  SelectionSetNode,
} from 'graphql';

/** A selection set as if every fragment were written out in its place. */
export interface WrittenOut {
  /** Selection sets within one another, this one included. */
  depth: number;
  selections: number;
  /** Fields that are not within others. */
  fields: number;
}

const NOTHING: WrittenOut = { depth: 0, selections: 0, fields: 0 };

/**
 * Measures what is never written out: fragments that spread each other twice double with each of them. Each is
 * measured once. One that spreads itself counts as nothing there; a rule of the specification refuses it.
 */
export function createWriteOut(
  document: DocumentNode,
): (definition: OperationDefinitionNode | FragmentDefinitionNode) => WrittenOut {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  const measured = new Map<string, WrittenOut>();

  function ofFragment(name: string): WrittenOut {
    const known = measured.get(name);
    if (known) return known;
    const fragment = fragments.get(name);
    if (!fragment) return NOTHING;
    measured.set(name, NOTHING);
    const writtenOut = ofSelectionSet(fragment.selectionSet);
    measured.set(name, writtenOut);
    return writtenOut;
  }

  function ofSelectionSet({ selections }: SelectionSetNode): WrittenOut {
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
