import './node-version.js';

// Loaded after that look at Node: one that is too old fails while it links the rest.
await import('./v8.ts');
await import('./process.ts');
