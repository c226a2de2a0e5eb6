import { useSyncExternalStore } from 'react';

/** A page of the desk, in the part of the address after `#`. Parameters that a page does not have are empty. */
export interface Route {
  page: 'gallery' | 'badge' | 'new';
  provider: string;
  id: string;
  search: string;
}

/** Without the parameters that are empty. */
export function toHash({ page, ...parameters }: Pick<Route, 'page'> & Partial<Route>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== '');
  return `#/${page}?${new URLSearchParams(given)}`;
}

function toRoute(hash: string): Route {
  const [path = '', query] = hash.replace(/^#\//, '').split('?');
  const parameters = new URLSearchParams(query);
  const [provider = '', id = '', search = ''] = ['provider', 'id', 'search'].map(
    (name) => parameters.get(name) ?? '',
  );
  return { page: path === 'badge' || path === 'new' ? path : 'gallery', provider, id, search };
}

export function useRoute(): Route {
  return toRoute(useSyncExternalStore(subscribe, () => location.hash));
}

function subscribe(onChange: () => void): () => void {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
}

export const goTo = (hash: string): void => void (location.hash = hash);
export const replaceWith = (hash: string): void => location.replace(hash);

export const HOME = toHash({ page: 'gallery' });
