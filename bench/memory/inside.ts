/** Loaded into the service by `--import`. SIGUSR2 collects all garbage, and prints what is left. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
process.on('SIGUSR2', () => {
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  console.error(`In use: ${heapUsed + external} bytes, resident: ${rss} bytes`);
});
