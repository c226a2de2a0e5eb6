/* global console, process */
console.error(
  [
    'This project is installed with npm: run "npm ci" and then "npm start".',
    'npm keeps to package-lock.json and installs a Node for this project; Yarn does neither.',
  ].join('\n'),
);
process.exit(1);
