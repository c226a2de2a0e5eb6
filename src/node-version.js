/* global console, process */
/**
 * Ends the process with a sentence on a Node that is too old, where it would end with an error of some module.
 * Scripts of package.json run it as it is, before anything is built, so it is no TypeScript. It imports nothing: an old
 * Node cannot even link what does.
 */

/** As `engines` in package.json says. */
const LEAST = [22, 19];

const version = process.versions.node;
const [major, minor] = version.split('.').map(Number);

if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
  console.error(
    [
      `This service needs Node ${LEAST.join('.')} or newer, and this is Node ${version}.`,
      'Use a newer Node, or run "npm ci" and then "npm start": npm installs a Node for this project,',
      'which --ignore-scripts, pnpm and Yarn do not.',
    ].join('\n'),
  );
  process.exit(1);
}
