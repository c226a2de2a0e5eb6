import './node-version.js';

// The part of the heap for what is new stays at 8 MB. It would grow to 128 MB under load and not shrink again, and what
// is alive in it is copied at once, while everything else waits.
process.getBuiltinModule('node:v8').setFlagsFromString('--semi-space-growth-factor=1');

// Loaded after that look at Node: one that is too old fails while it links the rest.
await import('./process.ts');
