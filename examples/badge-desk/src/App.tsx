import { useQuery } from '@apollo/client/react';
import { useState } from 'react';
import { BadgePage } from './BadgePage.tsx';
import { BadgeForm } from './BadgeForm.tsx';
import { Gallery } from './Gallery.tsx';
import { LoadError, PageTitle, Pending } from './parts.tsx';
import { readCaller, storeCaller } from './caller.ts';
import { type Provider, providersQuery } from './operations.ts';
import { HOME, goTo, toHash, useRoute } from './routes.ts';

export function App() {
  const { data, error, refetch } = useQuery(providersQuery);
  const providers = data?.badgeProviders?.filter(({ configured }) => configured);
  return (
    <>
      <a className="skip" href="#main" onClick={focusMain}>
        Skip to the content
      </a>
      <header className="top">
        <a className="brand" href={HOME}>
          Badge desk
        </a>
        <CallerName />
      </header>
      <main id="main" tabIndex={-1}>
        {providers && <Page providers={providers} />}
        {!providers && error && (
          <LoadError what="Loading the providers" error={error} onRepeat={() => void refetch()} />
        )}
        {!providers && !error && <Pending />}
      </main>
    </>
  );
}

/** A link to `#main` would be a page of its own. */
function focusMain(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function Page({ providers }: { providers: readonly Provider[] }) {
  const route = useRoute();
  const [notice, setNotice] = useState('');
  if (route.page === 'gallery') {
    return <Gallery providers={providers} notice={notice} {...route} />;
  }
  const provider = providers.find((each) => each.provider === route.provider);
  if (!provider) return <PageTitle>There is no such page</PageTitle>;
  if (route.page === 'new') {
    return (
      <>
        <PageTitle>New badge in {provider.title}</PageTitle>
        <BadgeForm
          provider={provider}
          onSaved={({ provider: at, id }) => goTo(toHash({ page: 'badge', provider: at, id }))}
        />
      </>
    );
  }
  return (
    <BadgePage
      key={`${route.provider} ${route.id}`}
      provider={provider}
      id={route.id}
      onDeleted={(name) => {
        setNotice(`“${name}” was deleted.`);
        goTo(HOME);
      }}
    />
  );
}

function CallerName() {
  const [name, setName] = useState(readCaller);
  return (
    <label className="caller">
      Your name
      <input
        value={name}
        placeholder="for the history"
        autoComplete="name"
        maxLength={100}
        onChange={({ target: { value } }) => {
          setName(value);
          storeCaller(value);
        }}
      />
    </label>
  );
}
