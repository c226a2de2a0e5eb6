import { providers } from '../../src/providers/index.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { standIns } from '../../src/sandbox/index.ts';
import { forum } from './forum/index.ts';
import { startForumStandIn } from './forum/stand-in.ts';

/*
 * Imported before anything that builds the graph: what the two lines of docs/adding-a-provider.md do in the source,
 * this does for one test file.
 */
(providers as Provider[]).push(forum);
Object.assign(standIns, { forum: startForumStandIn });
