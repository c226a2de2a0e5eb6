import { useQuery } from '@apollo/client/react';
import { Changes } from './WriteReport.tsx';
import { type Provider, historyQuery } from './operations.ts';
import { LoadError, Pending, Time } from './parts.tsx';

const PAGE_SIZE = 10;

/** What was done to a badge through the service, the newest first. */
export function History({ provider, id }: { provider: Provider; id: string }) {
  const { data, error, fetchMore, refetch } = useQuery(historyQuery, {
    variables: { provider: provider.provider, id, first: PAGE_SIZE },
    fetchPolicy: 'cache-and-network',
  });
  const history = data?.badgeHistory;
  return (
    <section className="panel">
      <h2>History</h2>
      {!history && error && (
        <LoadError what="Loading the history" error={error} onRepeat={() => void refetch()} />
      )}
      {!history && !error && <Pending />}
      {history?.edges.length === 0 && (
        <p className="quiet">
          Nothing was changed here yet. Changes made elsewhere are not listed.
        </p>
      )}
      <ol className="history">
        {history?.edges.map(({ node }) => (
          <li key={node.id}>
            <p>
              <strong>{OPERATIONS[node.operation] ?? node.operation}</strong>
              {node.memberId !== null && ` (member ${node.memberId})`} by {node.caller},{' '}
              <Time at={node.at} />
              {OUTCOMES[node.outcome] !== undefined && (
                <span className="tag">{OUTCOMES[node.outcome]}</span>
              )}
            </p>
            <Changes
              provider={provider}
              // Of an award, the member says it all.
              changes={node.changes.filter(({ field }) => field !== 'holders')}
            />
          </li>
        ))}
      </ol>
      {history?.pageInfo.hasNextPage && (
        <button
          onClick={() => void fetchMore({ variables: { after: history.pageInfo.endCursor } })}
        >
          Show more
        </button>
      )}
    </section>
  );
}

/* Values that will be added are shown as they are. */

const OPERATIONS: Readonly<Record<string, string | undefined>> = {
  AWARD: 'Awarded',
  CREATE: 'Created',
  DELETE: 'Deleted',
  REVOKE: 'Revoked',
  UPDATE: 'Changed',
};

const OUTCOMES: Readonly<Record<string, string | undefined>> = {
  REFUSED: 'refused',
  UNKNOWN: 'outcome unknown',
  UNCHANGED: 'no change',
};
