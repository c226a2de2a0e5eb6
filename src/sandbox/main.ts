import { startCli } from './cli.ts';

try {
  const { text, close } = await startCli(process.argv.slice(2));
  console.log(text);
  const stop = (): void => void close?.().then(() => process.exit(0));
  if (close) process.once('SIGTERM', stop).once('SIGINT', stop);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error('npm run sandbox -- --help shows how it is used.');
  process.exit(1);
}
