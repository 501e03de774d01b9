import { createContext } from '../builder/context.ts';
import { listen } from '../builder/queue.ts';
import { readSettings } from '../builder/settings.ts';
import { reason } from '../core/reason.ts';
import type { BuildRunner } from '../engines/port.ts';
import { LINES, lineBlocks } from './lines.ts';

/** A builder whose engine does nothing but print: BuildKit itself cuts a log off long before the front is busy. */
const runner: BuildRunner = {
  async run(_task, _tree, observer) {
    await observer.stage('test');
    for (const block of lineBlocks()) await observer.log(block);
    return {
      result: 'failed',
      reason: reason('test_failed', `${LINES} lines were printed`, 'nothing to mend'),
    };
  },
  sweep: () => Promise.resolve(),
};

const settings = readSettings();
const { builder } = await createContext(settings, { runner });
await builder.hello();
const worker = listen(settings.redis, settings.slots, (job) => builder.take(job));
await worker.waitUntilReady();
process.stdout.write('ready\n');
