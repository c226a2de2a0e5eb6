/** One way to use the three clients that have a cache, each as its recipe says. */
import { setTimeout as pause } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { type IntrospectionQuery, buildSchema, introspectionFromSchema } from 'graphql';
import { readText } from '../repository/lock.ts';
import { loadApollo, loadDocuments, loadRelay, loadUrql } from './recipes.ts';

export interface Badge {
  __typename: string;
  id: string;
  name: string;
  version: string;
}

export interface Session {
  /** Shows a list from now on, and reads its first page. */
  open(): Promise<void>;
  readMore(): Promise<void>;
  /** The badges on the page at this moment. */
  shown(): Badge[];
  rename(badge: Badge, name: string): Promise<string | undefined>;
  /** Deletes a badge of Returning.AI. */
  remove(id: string): Promise<string | undefined>;
}

export const PAGE = 6;
const first = { first: PAGE };

type Nodes = readonly { readonly node: object }[] | undefined;

const toBadges = (edges: Nodes): Badge[] => (edges ?? []).map(({ node }) => node as Badge);

/** Clients warn in development only. Returns what they have written to the console since, and ends that. */
export function watchConsole(): () => unknown[] {
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'development';
  const spies = [jest.spyOn(console, 'warn'), jest.spyOn(console, 'error')];
  for (const spy of spies) spy.mockImplementation(() => undefined);
  return () => {
    process.env.NODE_ENV = NODE_ENV;
    return spies.flatMap((spy) => {
      const { calls } = spy.mock;
      spy.mockRestore();
      return calls;
    });
  };
}

/** Gives up after some seconds. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !isSo(); tries += 1) await pause(10);
}

export async function openApollo(url: string): Promise<Session> {
  const { createApolloClient, rename, remove } = await loadApollo();
  const { BadgesDocument } = await loadDocuments();
  const client = createApolloClient(url);
  const list = client.watchQuery({ query: BadgesDocument, variables: first });
  const edges = () =>
    (list.getCurrentResult().data as { badges?: { edges: Nodes } })?.badges?.edges;
  type Renamed = Parameters<typeof rename>[1];
  return {
    async open() {
      await client.query({ query: BadgesDocument, variables: first });
      list.subscribe(() => undefined);
    },
    async readMore() {
      const { data } = list.getCurrentResult();
      const after = data?.badges?.pageInfo?.endCursor ?? null;
      await list.fetchMore({ variables: { after } });
      // It tells its observers a moment later.
      await until(() => !list.getCurrentResult().loading);
    },
    shown: () => toBadges(edges()),
    rename: async (badge, name) => (await rename(client, badge as Renamed, name))?.outcome,
    remove: async (id) => (await remove(client, id))?.outcome,
  };
}

export const introspection = (): IntrospectionQuery =>
  introspectionFromSchema(buildSchema(readText('schema/api.graphql')));

export async function openUrql(url: string): Promise<Session> {
  const { createUrqlClient, rename, remove } = await loadUrql();
  const { BadgesDocument } = await loadDocuments();
  const client = createUrqlClient(url, introspection());
  let shown: Badge[] = [];
  let after: string | null = null;
  return {
    async open() {
      const list = client.query(BadgesDocument, first);
      await list.toPromise();
      list.subscribe(({ data }) => {
        if (!data?.badges) return;
        shown = toBadges(data.badges.edges);
        after = data.badges.pageInfo.endCursor;
      });
    },
    readMore: async () =>
      void (await client.query(BadgesDocument, { ...first, after }).toPromise()),
    shown: () => shown,
    rename: async ({ id, version }, name) =>
      (await rename(client, { id, version }, name)).data?.updateBadge.outcome,
    remove: async (id) => (await remove(client, id)).data?.deleteBadge.outcome,
  };
}

export async function openRelay(url: string): Promise<Session> {
  const { createRelayEnvironment, loadPage, readBadges, rename, remove } = loadRelay();
  const environment = createRelayEnvironment(url);
  return {
    open: () => loadPage(environment, first),
    async readMore() {
      const after = readBadges(environment, first)?.pageInfo.endCursor ?? null;
      await loadPage(environment, { ...first, after });
    },
    shown: () => toBadges(readBadges(environment, first)?.edges),
    rename: async (badge, name) => (await rename(environment, badge, name)).updateBadge.outcome,
    remove: async (id) => (await remove(environment, id)).deleteBadge.outcome,
  };
}
