import { useSyncExternalStore } from 'react';

/** Pages of the desk, in the part of the address after `#`. */
export type Route =
  | { page: 'gallery'; search: string; provider: string }
  | { page: 'badge' | 'new'; provider: string; id: string };

export function toHash(route: Route): string {
  if (route.page === 'gallery') {
    const { search, provider } = route;
    return `#/?${new URLSearchParams({ search, provider })}`;
  }
  return `#/${[route.page, route.provider, route.id].map(encodeURIComponent).join('/')}`;
}

function toRoute(hash: string): Route {
  const [path = '', query] = hash.replace(/^#\//, '').split('?');
  const [page, provider = '', id = ''] = path.split('/').map(decodeURIComponent);
  if (page === 'badge' || page === 'new') return { page, provider, id };
  const parameters = new URLSearchParams(query);
  return {
    page: 'gallery',
    search: parameters.get('search') ?? '',
    provider: parameters.get('provider') ?? '',
  };
}

export function useRoute(): Route {
  return toRoute(useSyncExternalStore(subscribe, () => location.hash));
}

function subscribe(onChange: () => void): () => void {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
}

export const goTo = (route: Route): void => void (location.hash = toHash(route));
export const replaceWith = (route: Route): void => location.replace(toHash(route));

export const HOME: Route = { page: 'gallery', search: '', provider: '' };
