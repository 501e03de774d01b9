import { readFile } from 'node:fs/promises';
import { JOB_PATHS } from '../job-input.ts';
import type { JobInput } from '../job-input.ts';
import { Recorder } from '../records.ts';
import { runPhase } from './run-phase.ts';
import { tidyCache } from './tidy-cache.ts';

/** The program of the containers `test` and `build`: `main.js test` or `main.js build`. */
const phase = process.argv[2];
if (phase !== 'test' && phase !== 'build') throw new Error('usage: main.js test|build');

const TERMINATED = 143;
const stop = new AbortController();
process.on('SIGTERM', () => {
  stop.abort();
  process.exit(TERMINATED);
});

const recorder = new Recorder(
  (line) =>
    new Promise((resolve, reject) => {
      process.stdout.write(line, (error) => (error ? reject(error) : resolve()));
    }),
);
const input = JSON.parse(await readFile(JOB_PATHS.inputFile, 'utf8')) as JobInput;
const end = await runPhase(phase, input, recorder, stop.signal);
await recorder.say({ end });
// Nobody waits for this any more.
if (phase === 'build' && input.cacheBytes !== undefined) await tidyCache(input.cacheBytes);
process.exit(end === 'passed' || end.result === 'succeeded' ? 0 : 1);
