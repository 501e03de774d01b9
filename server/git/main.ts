import { createContext } from './context.ts';
import { readSettings } from './settings.ts';

/** Pushes that end by themselves in this time are let do so when the front is stopped. */
const GRACE_MS = 5_000;

const settings = readSettings();
const { front, log, close } = await createContext(settings);
const { address, port } = await front.listen();
log.info({ address, port }, 'ready for git over SSH');

const stop = (signal: NodeJS.Signals): void => {
  log.info({ signal }, 'stopping');
  void front.close(GRACE_MS).then(() => {
    close();
    process.exit(0);
  });
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
