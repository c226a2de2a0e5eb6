import { providers } from '../../src/providers/index.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { standIns } from '../../src/sandbox/index.ts';
import { forum } from './forum/index.ts';
import { startForumStandIn } from './forum/stand-in.ts';

/*
 * Must be imported before anything that builds the graph. Does for one test file what the two lines of
 * docs/adding-a-provider.md do in the source.
 */
(providers as Provider[]).push(forum);
Object.assign(standIns, { forum: startForumStandIn });
