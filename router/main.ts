import { once } from 'node:events';
import { Redactor } from '../core/redaction/redactor.ts';
import { startRouter } from './context.ts';
import { readSettings } from './settings.ts';
import { stopRouter } from './stop.ts';

/**
 * `router/main.ts [--stop-haproxy]` runs the router until SIGTERM or SIGINT; HAProxy then goes on serving, and the
 * next router adopts it, unless --stop-haproxy or SLUICE_ROUTER_STOP_HAPROXY is set.
 * `router/main.ts stop` ends the router and HAProxy.
 */
async function main(argv: readonly string[]): Promise<void> {
  const settings = readSettings();
  if (argv[0] === 'stop') {
    await stopRouter(settings);
    return;
  }
  const unknown = argv.filter((word) => word !== '--stop-haproxy');
  if (unknown.length > 0)
    throw new Error(`unknown: ${unknown.join(' ')}. usage: router [--stop-haproxy] | router stop`);
  const token = settings.follow?.server.token;
  const redactor = new Redactor(token === undefined ? [] : [{ name: 'SLUICE_PLATFORM_TOKEN', value: token }]);
  const router = await startRouter(settings, (line) => {
    process.stderr.write(`router: ${redactor.text(line)}\n`);
  });
  process.stdout.write(`router: http ${String(settings.httpPort)}, https ${String(settings.httpsPort)}\n`);
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT'), router.shutdown]);
  await router.close(settings.stopHaproxy || argv.includes('--stop-haproxy'));
}

main(process.argv.slice(2)).then(
  () => {
    process.exit(0);
  },
  (error: unknown) => {
    process.stderr.write(`router: ${(error as Error).message}\n`);
    process.exit(1);
  },
);
