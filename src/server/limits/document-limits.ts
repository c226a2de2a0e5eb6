import { Kind, OperationTypeNode } from 'graphql';
import type { ASTVisitor, DefinitionNode, DocumentNode, ValidationContext } from 'graphql';
import { DOCUMENT_CAPS, OPERATION_CAPS, showCap } from './caps.ts';
import { countDocument } from './document-counts.ts';
import { limitError } from './limit-error.ts';
import { createWriteOut } from './written-out.ts';

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
    mayHave(counts.spreads, caps.spreads, 'spreads of fragments'),
    mayHave(counts.sameName, caps.sameName, 'fields of one name'),
    mayHave(counts.samePlainName, caps.samePlainName, 'plain fields of one name'),
    mayHave(counts.valueDepth, caps.valueDepth, 'levels of lists and objects in one another'),
  ];
}

function mayHave(has: number, cap: number, what: string): Check {
  return { has, cap, message: `A document may have ${showCap(cap)} ${what}` };
}

function checksOfDefinitions(document: DocumentNode): Check[] {
  const writeOut = createWriteOut(document);
  const caps = OPERATION_CAPS;
  return document.definitions.flatMap((at): Check[] => {
    if (at.kind !== Kind.OPERATION_DEFINITION && at.kind !== Kind.FRAGMENT_DEFINITION) return [];
    const { depth, selections, fields } = writeOut(at);
    const mayHere = (has: number, cap: number, what: string): Check => ({
      has,
      cap,
      message: `An operation may have ${showCap(cap)} ${what}`,
      at,
    });
    const sizes = [
      mayHere(depth, caps.depth, 'levels of selections in one another'),
      mayHere(selections, caps.selections, 'selections, with those of its fragments'),
    ];
    if (at.kind === Kind.FRAGMENT_DEFINITION) return sizes;
    return at.operation === OperationTypeNode.MUTATION
      ? [...sizes, mayHere(fields, caps.mutations, 'mutations')]
      : [...sizes, mayHere(fields, caps.rootFields, 'fields at its root')];
  });
}
