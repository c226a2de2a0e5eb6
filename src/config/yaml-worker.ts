/** A thread that reads one text of YAML. */
import { parentPort, workerData } from 'node:worker_threads';
import { readYaml } from './yaml-tree.ts';

// A text can have an error at each character, and nobody reads the stacks.
Error.stackTraceLimit = 0;
parentPort?.postMessage(readYaml(String(workerData)));
