import { startBadges } from './badges.ts';
import { composeSupergraph, fetchSubgraph } from './compose.ts';
import { DESK_PATH, type Desk, prepareDesk } from './desk.ts';
import { startGateway } from './gateway.ts';
import { startMembers } from './members.ts';
import { readPorts } from './ports.ts';

const QUERY = `query MembersAndTheirBadges {
  members {
    name
    badges {
      __typename
      ... on BadgeFields { name imageUrl }
      ... on ReturningAIBadge { action quantity }
      ... on TagMangoBadge { pointsThreshold }
    }
  }
}`;

/** What has started, in its order. */
const parts: { close(): Promise<void> }[] = [];
let isStopping = false;

process.on('SIGINT', () => void stop(0)).on('SIGTERM', () => void stop(0));
try {
  await start();
} catch (error) {
  await fail(error);
}

async function start(): Promise<void> {
  const ports = await readPorts();
  const preparing = startDesk();

  const badges = startBadges({ port: ports.badges });
  parts.push(badges);
  console.log(`Starting the badges subgraph on its sandbox, as process ${badges.pid}`);
  await badges.ready;
  void badges.ended.then((end) => fail(new Error(`The badges subgraph ${end}.`)));

  console.log('Starting the members subgraph, which refers to badges by their keys');
  const members = await startMembers({ port: ports.members });
  parts.push(members);

  console.log('Composing both into a supergraph');
  const supergraphSdl = composeSupergraph([
    await fetchSubgraph('badges', badges.url),
    await fetchSubgraph('members', members.url),
  ]);

  const desk = await preparing;
  console.log('Starting the gateway');
  const gateway = await startGateway({ supergraphSdl, port: ports.gateway, query: QUERY, desk });
  parts.push(gateway);

  console.log(`
The supergraph is ready; Ctrl-C stops it.

  badge desk               ${desk ? new URL(DESK_PATH, gateway.url).href : 'not served'}
  gateway and playground   ${gateway.url}
  badges subgraph          ${badges.url}
  members subgraph         ${members.url}

Front ends send their operations to the gateway, with the headers that say who the caller is:
authorization, x-badges-actor and x-badges-tenant. The subgraphs are for the gateway only.

The playground opens with this query: the members, with their badges of both providers.

${QUERY}
`);
}

/** The example is of use without the desk, which may need a network for its packages. */
async function startDesk(): Promise<Desk | undefined> {
  const { BADGE_DESK: folder } = process.env;
  if (folder === 'false') return undefined;
  try {
    return await prepareDesk({ folder, say: console.log });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`The badge desk is not served. ${reason}`);
    return undefined;
  }
}

async function fail(error: unknown): Promise<void> {
  // Parts end because they are stopped, too; and whoever stops them wants to hear nothing of it.
  if (isStopping) return;
  console.error(error instanceof Error ? error.message : error);
  await stop(1);
}

async function stop(exitCode: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  for (const part of parts.reverse()) await part.close();
  process.exit(exitCode);
}
