/** A worker thread that parses one text of YAML. */
import { parentPort, workerData } from 'node:worker_threads';
import { readYaml } from './yaml-tree.ts';

// A text may have an error at each character, and stack traces are expensive.
Error.stackTraceLimit = 0;
parentPort?.postMessage(readYaml(String(workerData)));
