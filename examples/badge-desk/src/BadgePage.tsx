import { useQuery } from '@apollo/client/react';
import { BadgeForm } from './BadgeForm.tsx';
import { DeleteBadge } from './DeleteBadge.tsx';
import { History } from './History.tsx';
import { Members } from './Members.tsx';
import { type Provider, badgeQuery } from './operations.ts';
import { LoadError, PageTitle, Pending, Picture } from './parts.tsx';
import { PROVIDER_FORMS } from './provider-forms.ts';
import { HOME } from './routes.ts';

interface BadgePageProps {
  provider: Provider;
  id: string;
  onDeleted: (name: string) => void;
}

/** One badge, with what its provider can do with it. */
export function BadgePage({ provider, id, onDeleted }: BadgePageProps) {
  const { data, error, refetch } = useQuery(badgeQuery, {
    variables: { provider: provider.provider, id },
    fetchPolicy: 'cache-and-network',
  });
  const badge = data?.badge;
  const can = (operation: Provider['operations'][number]) =>
    provider.operations.includes(operation) && provider.inputField in PROVIDER_FORMS;

  const failure = error && (
    <LoadError what="Loading the badge" error={error} onRepeat={() => void refetch()} />
  );
  if (!data || (error && !badge)) return failure ?? <Pending />;
  return (
    <>
      <a href={HOME}>← All badges</a>
      {failure}
      {badge ? (
        <>
          <div className="badge-head">
            <Picture url={badge.imageUrl} name={badge.name} />
            <div>
              <PageTitle>{badge.name}</PageTitle>
              <p>{badge.description}</p>
              <span className="tag">{provider.title}</span>
            </div>
          </div>
          <div className="columns">
            <div>
              {can('UPDATE') && (
                <section className="panel">
                  <h2>Edit</h2>
                  <BadgeForm provider={provider} badge={badge} />
                </section>
              )}
            </div>
            <div>
              {can('AWARD') && <Members provider={provider} badge={badge} />}
              <History provider={provider} id={id} />
              {can('DELETE') && (
                <DeleteBadge provider={provider} badge={badge} onDeleted={onDeleted} />
              )}
            </div>
          </div>
        </>
      ) : (
        <>
          <PageTitle>There is no such badge</PageTitle>
          <p>{provider.title} does not have it, or not any more.</p>
          <History provider={provider} id={id} />
        </>
      )}
    </>
  );
}
