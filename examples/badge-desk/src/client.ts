import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, ServerError } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { RetryLink } from '@apollo/client/link/retry';
import { relayStylePagination } from '@apollo/client/utilities';
import { possibleTypes } from '../../../schema/possible-types.json';
import { readCaller } from './caller.ts';

declare module '@apollo/client' {
  namespace ApolloClient {
    namespace DeclareDefaultOptions {
      interface WatchQuery {
        errorPolicy: 'all';
      }
      interface Query {
        errorPolicy: 'all';
      }
      interface Mutate {
        errorPolicy: 'all';
      }
    }
  }
}

/** The history names the caller. Where your callers have tokens, send `authorization` instead. */
const callerLink = new SetContextLink(({ headers }) => {
  const caller = readCaller();
  // A header holds bytes, and the name is sent in UTF-8.
  const bytes = String.fromCharCode(...new TextEncoder().encode(caller));
  return { headers: { ...headers, ...(caller !== '' && { 'x-badges-actor': bytes }) } };
});

/**
 * Repeats requests whose answer is lost. For mutations that is safe because each has an idempotency key, which is among
 * the variables and therefore the same in a repeat.
 */
const retryLink = new RetryLink({
  delay: { initial: 200, max: 3_000, jitter: true },
  attempts: {
    max: 6,
    retryIf: (error) => !ServerError.is(error) || [502, 503, 504].includes(error.statusCode),
  },
});

export const client = new ApolloClient({
  link: ApolloLink.from([callerLink, retryLink, new HttpLink({ uri: '/graphql' })]),
  cache: new InMemoryCache({
    // Without it, Apollo leaves out the fields of `... on BadgeFields`.
    possibleTypes,
    typePolicies: {
      Query: {
        fields: {
          badges: relayStylePagination(['filter']),
          badgeHistory: relayStylePagination(['provider', 'id']),
        },
      },
    },
  }),
  // An answer can have data and errors: the badges of one provider while the other is down.
  defaultOptions: {
    watchQuery: { errorPolicy: 'all' },
    query: { errorPolicy: 'all' },
    mutate: { errorPolicy: 'all' },
  },
});
