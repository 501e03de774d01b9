import http from 'node:http';

/**
 * get.mjs PORT HOST: prints what the app of that host answers on this machine. Asks by address, because not every
 * resolver knows names below localhost. Exit status 0 for an answer below 400.
 */
const [port, host] = process.argv.slice(2);
const request = http.get(
  { host: '127.0.0.1', port, headers: { host: `${host}:${port}` }, timeout: 10_000 },
  (response) => {
    response.pipe(process.stdout);
    response.once('end', () => {
      process.stdout.write('\n');
      process.exitCode = response.statusCode < 400 ? 0 : 1;
    });
  },
);
request.once('timeout', () => request.destroy(new Error('no answer')));
request.once('error', (error) => {
  console.error(` !     ${error.message}`);
  process.exitCode = 1;
});
