import { mkdir, rm } from 'node:fs/promises';
import type { Worker } from 'bullmq';
import { createContext } from './context.ts';
import { listen } from './queue.ts';
import { readSettings } from './settings.ts';

/** Milliseconds from SIGTERM to the end, whatever still runs; the engine stops it once our connections break. */
const SHUTDOWN_MS = 4_500;

const settings = readSettings();
const { server, builder } = await createContext(settings);

await rm(settings.scratch, { recursive: true, force: true });
await mkdir(settings.scratch, { recursive: true, mode: 0o700 });

const listening: { worker?: Worker } = {};
const stop = async (): Promise<void> => {
  setTimeout(() => process.exit(0), SHUTDOWN_MS).unref();
  await Promise.allSettled([builder.stop(), listening.worker?.close(true)]);
  server.close();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());

await builder.hello();
listening.worker = listen(settings.redis, settings.slots, (job) => builder.take(job));
await listening.worker.waitUntilReady();
process.stdout.write(
  `${JSON.stringify({ level: 'info', time: Date.now(), msg: 'builder ready', name: settings.name })}\n`,
);
