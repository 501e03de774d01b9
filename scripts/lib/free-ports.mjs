import net from 'node:net';

/** Prints, for each port given, the first one from there on that nobody listens on. Each is printed once. */
const taken = new Set();

/** @returns {Promise<boolean>} whether a listener on every address of this machine can be had */
function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

for (const wanted of process.argv.slice(2).map(Number)) {
  let port = wanted;
  while (taken.has(port) || !(await isFree(port))) {
    port += 1;
    if (port > 65_535) throw new Error(`no free port from ${wanted} on`);
  }
  taken.add(port);
  console.log(port);
}
