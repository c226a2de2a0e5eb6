/**
 * Ends the process with a sentence on a Node that is too old, where it would end with an error of some module.
 * It imports nothing: an old Node cannot even link what does, and its syntax is one that an old Node reads.
 */

/** As `engines` in package.json says. */
const LEAST = [22, 19];

const version = process.versions.node;
const [major = 0, minor = 0] = version.split('.').map(Number);
const [leastMajor = 0, leastMinor = 0] = LEAST;

if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
  console.error(
    [
      `This service needs Node ${LEAST.join('.')} or newer, and this is Node ${version}.`,
      'Use a newer Node, or the one that comes with the package "node": its install script fetches it,',
      'so run "npm ci" without --ignore-scripts (with pnpm or Yarn, allow that script), then "npm start".',
    ].join('\n'),
  );
  process.exit(1);
}
