import { visit } from 'graphql';
import type { ASTNode, DocumentNode, FieldNode } from 'graphql';

/** What a document has, wherever it stands in it. */
export interface DocumentCounts {
  aliases: number;
  directives: number;
  /** The most lists and objects within one another. */
  valueDepth: number;
  /** The most fields under one name. */
  sameName: number;
}

export function countDocument(document: DocumentNode): DocumentCounts {
  const counts: DocumentCounts = { aliases: 0, directives: 0, valueDepth: 0, sameName: 0 };
  const byName = new Map<string, number>();
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

  function countField({ alias, name }: FieldNode): void {
    if (alias) counts.aliases += 1;
    const shown = (alias ?? name).value;
    const times = (byName.get(shown) ?? 0) + 1;
    byName.set(shown, times);
    counts.sameName = Math.max(counts.sameName, times);
  }

  visit<ASTNode>(document, {
    Field: { enter: countField },
    Directive: {
      enter() {
        counts.directives += 1;
      },
    },
    ListValue: nested,
    ObjectValue: nested,
    ListType: nested,
  });
  return counts;
}
