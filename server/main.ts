import { flushCompileCache } from 'node:module';
import { keepCompiled } from './compile-cache.ts';
import { readSettings } from './settings.ts';

const USAGE = 'usage: server/main.js [serve|purge]';

async function main(command: string): Promise<void> {
  // Nothing that the platform writes is anybody else's business.
  process.umask(0o077);
  const settings = readSettings();
  if (command === 'purge') {
    const { purge } = await import('./purge.ts');
    await purge(settings);
    // The engine's event stream would keep the process.
    process.exit(0);
  }
  if (command !== 'serve') throw new Error(USAGE);
  // After a crash apps wait for this process, and a third of its start is compiling.
  keepCompiled(settings.paths);
  const [{ createContext, guard, whenBridgesAreSeen }, { serve }] = await Promise.all([
    import('./context.ts'),
    import('./serve.ts'),
  ]);
  const context = await createContext(settings);
  const { log, store } = context;
  // Beside the rest: an engine that hangs must not keep the server from starting.
  if (settings.engine === 'docker') {
    void guarded();
    whenBridgesAreSeen(() => void guarded());
  }
  const listening = await serve(context);
  log.info(
    { socket: settings.paths.serverSocket, port: listening.port, generation: store.generation },
    'ready',
  );
  // Not only at the end, which may be a SIGKILL.
  flushCompileCache();
  keepRoom();
  /** The controller sees to it later on; a disk can be full before that. */
  function keepRoom(): void {
    try {
      store.keepRoom();
    } catch (error) {
      log.warn({ err: error }, 'no room could be kept for a rollback on a full disk');
    }
  }
  async function guarded(): Promise<void> {
    const firewall = await guard(settings, store.installationId);
    if (!firewall.ok) log.warn({ fix: firewall.fix }, firewall.message);
  }
  const stop = (): void => {
    void listening
      .close()
      .then(() => context.close())
      .then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main(process.argv[2] ?? 'serve').catch((error: unknown) => {
  process.stderr.write(` !     ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
