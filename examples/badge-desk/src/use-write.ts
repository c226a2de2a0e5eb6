import type { DocumentNode, TypedDocumentNode } from '@apollo/client';
import { useMutation } from '@apollo/client/react';
import type { WriteResult } from './operations.ts';

interface Control {
  dryRun?: boolean | null;
  idempotencyKey?: string | null;
}

export interface Write<Variables, Result> {
  /** Undefined if no answer came. */
  preview(variables: Omit<Variables, keyof Control>): Promise<Result | undefined>;
  /** Undefined if no answer came. */
  send(variables: Omit<Variables, keyof Control>): Promise<Result | undefined>;
  isBusy: boolean;
  /** Why no answer came. */
  error: Error | undefined;
}

/** Sends a mutation so that the same change can be repeated without being written twice. */
export function useWrite<Result extends WriteResult, Variables extends Control>(
  document: TypedDocumentNode<{ result: Result }, Variables>,
): Write<Variables, Result> {
  const [mutate, { loading, error }] = useMutation(document);

  async function preview(variables: Omit<Variables, keyof Control>): Promise<Result | undefined> {
    const { data } = await mutate({ variables: { ...variables, dryRun: true } as Variables });
    return data?.result;
  }

  async function send(variables: Omit<Variables, keyof Control>): Promise<Result | undefined> {
    const change = JSON.stringify([nameOf(document), variables]);
    const { data } = await mutate({
      variables: { ...variables, idempotencyKey: keyOf(change) } as Variables,
      update(cache, { data: written }) {
        const gone = written?.result as { deletedBadgeType?: string; deletedBadgeId?: string };
        const { deletedBadgeType: __typename, deletedBadgeId: id } = gone ?? {};
        if (__typename && id) cache.evict({ id: cache.identify({ __typename, id }) });
        // The page asks again for a history that it shows.
        cache.evict({ id: 'ROOT_QUERY', fieldName: 'badgeHistory' });
        cache.gc();
      },
    });
    if (data && data.result.outcome !== 'UNKNOWN') sessionStorage.removeItem(change);
    return data?.result;
  }
  return { preview, send, isBusy: loading, error };
}

/**
 * The key of a change: a new one, or that of the same change if its outcome is not known yet. It is kept in the
 * session, so that a change that is entered again after a reload has the same key.
 */
function keyOf(change: string): string {
  const key = sessionStorage.getItem(change) ?? crypto.randomUUID();
  sessionStorage.setItem(change, key);
  return key;
}

function nameOf({ definitions }: DocumentNode): string {
  const [operation] = definitions;
  return (operation && 'name' in operation && operation.name?.value) || '';
}
