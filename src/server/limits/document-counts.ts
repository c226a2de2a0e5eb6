import { visit } from 'graphql';
import type { DocumentNode, FieldNode } from 'graphql';

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
