import http from 'node:http';
import net from 'node:net';

/**
 * wait-ready.mjs SECONDS SERVER_SOCKET SSH_PORT HTTP_PORT: exit status 0 once the server says that it is healthy,
 * the SSH front greets and the router answers. Says what did not come.
 */
const [seconds, serverSocket, sshPort, httpPort] = process.argv.slice(2);
const deadline = performance.now() + Number(seconds) * 1000;

/** @param {http.RequestOptions} options @returns {Promise<number>} the HTTP status */
function status(options) {
  return new Promise((resolve, reject) => {
    const request = http.get({ timeout: 2000, ...options }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', reject);
  });
}

/** @returns {Promise<boolean>} whether an SSH server greets on the port */
function greets(port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', timeout: 2000 });
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(bytes.toString('latin1').startsWith('SSH-2.0'));
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('close', () => resolve(false));
  });
}

const parts = {
  'the server': async () => (await status({ socketPath: serverSocket, path: '/healthz' })) === 200,
  'the SSH front': async () => greets(Number(sshPort)),
  // Any answer will do: there may be no app yet.
  'the router': async () => (await status({ port: Number(httpPort), host: '127.0.0.1', path: '/' })) > 0,
};

async function becomesReady(name, check) {
  let why = '';
  while (performance.now() < deadline) {
    try {
      if (await check()) return true;
      why = 'wrong answer';
    } catch (error) {
      why = error.message;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  console.error(` !     ${name} does not answer: ${why}`);
  return false;
}

const ready = await Promise.all(Object.entries(parts).map(([name, check]) => becomesReady(name, check)));
process.exit(ready.every(Boolean) ? 0 : 1);
