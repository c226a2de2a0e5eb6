import { useQuery } from '@apollo/client/react';
import { useEffect, useRef, useState } from 'react';
import { LoadError, PageTitle, Pending, Picture } from './parts.tsx';
import { Sources } from './Sources.tsx';
import { type Provider, galleryQuery } from './operations.ts';
import { replaceWith, toHash } from './routes.ts';

const PAGE_SIZE = 12;
const TYPING_MS = 250;

interface GalleryProps {
  providers: readonly Provider[];
  /** Empty: all. */
  provider: string;
  search: string;
  notice: string;
}

export function Gallery({ providers, provider, search, notice }: GalleryProps) {
  const chosen = providers.find((each) => each.provider === provider);
  const { data, previousData, error, loading, fetchMore, refetch } = useQuery(galleryQuery, {
    variables: {
      first: PAGE_SIZE,
      filter: { textContains: search, providers: chosen ? [chosen.provider] : [] },
    },
    fetchPolicy: 'cache-and-network',
    notifyOnNetworkStatusChange: true,
  });
  const badges = (data ?? previousData)?.badges;
  const { hasNextPage, endCursor } = badges?.pageInfo ?? {};
  const isPartial = badges?.sources.some(({ state }) => state === 'FAILED');
  const again = () => void refetch();

  return (
    <>
      <PageTitle>Badges</PageTitle>
      {notice && <p className="notice good">{notice}</p>}
      <Toolbar providers={providers} provider={provider} search={search} />
      {badges && <Sources sources={badges.sources} providers={providers} onRepeat={again} />}
      {error && !isPartial && (
        <LoadError what="Loading the badges" error={error} onRepeat={again} />
      )}
      {!badges && loading && <Pending />}
      {badges && (
        <>
          <p role="status" className="count">
            {countOf(badges.edges.length, badges.totalCount)}
          </p>
          <ul className="gallery" aria-busy={loading}>
            {badges.edges.map(({ node }) => (
              <li key={`${node.__typename} ${node.id}`}>
                <a
                  className="card"
                  href={toHash({ page: 'badge', provider: node.provider, id: node.id })}
                >
                  <Picture url={node.imageUrl} name={node.name} />
                  <strong>{node.name}</strong>
                  <span className="description">{node.description}</span>
                  <span className="tag">
                    {providers.find((each) => each.provider === node.provider)?.title}
                  </span>
                </a>
              </li>
            ))}
          </ul>
          {hasNextPage && (
            <button
              className="more"
              aria-disabled={loading}
              onClick={() => !loading && void fetchMore({ variables: { after: endCursor } })}
            >
              Show more
            </button>
          )}
        </>
      )}
    </>
  );
}

function countOf(shown: number, total: number | null): string {
  if (total === 0 || (total === null && shown === 0)) return 'No badges match.';
  return total === null ? `${shown} badges shown` : `${shown} of ${total} badges`;
}

function Toolbar({ providers, provider, search }: Omit<GalleryProps, 'notice'>) {
  const [typed, setTyped] = useState(search);
  const timer = useRef<number>(undefined);
  const show = (next: Pick<GalleryProps, 'search' | 'provider'>): void => {
    clearTimeout(timer.current);
    timer.current = undefined;
    replaceWith(toHash({ page: 'gallery', ...next }));
  };
  // Another address was opened, such as that of all badges.
  useEffect(() => {
    if (timer.current === undefined) setTyped(search);
  }, [search]);

  function type(text: string): void {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => show({ search: text, provider }), TYPING_MS);
  }

  return (
    <div className="toolbar" role="search">
      <label className="grow">
        Search
        <input
          type="search"
          value={typed}
          placeholder="Name or description"
          onChange={({ target }) => type(target.value)}
        />
      </label>
      <label>
        Provider
        <select
          value={provider}
          onChange={({ target }) => show({ search: typed, provider: target.value })}
        >
          <option value="">All</option>
          {providers.map((each) => (
            <option key={each.provider} value={each.provider}>
              {each.title}
            </option>
          ))}
        </select>
      </label>
      <div className="actions">
        {providers
          .filter(({ operations }) => operations.includes('CREATE'))
          .map((each) => (
            <a
              key={each.provider}
              className="button"
              href={toHash({ page: 'new', provider: each.provider })}
            >
              New in {each.title}
            </a>
          ))}
      </div>
    </div>
  );
}
