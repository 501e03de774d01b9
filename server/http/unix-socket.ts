import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, link, lstat, rename, rm, stat } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';

const NEW_FILES_OWNER_ONLY = 0o177;

/** Another process answers at the socket. */
class SocketInUse extends Error {
  override readonly name = 'SocketInUse';
}

/**
 * Listens on a unix socket that only its owner may open. The socket is made under a name of its own and linked into
 * place, which fails when something is there: so two servers that start at once cannot both take the place, and
 * nobody can connect before the mode is right. What is there is asked first, and only moved away when dead.
 * @returns how to remove the socket file again
 * @throws SocketInUse; Error when something else than a socket is in the place
 */
export async function listenOnUnixSocket(server: Server, path: string): Promise<() => Promise<void>> {
  // Short, as the path of a unix socket ends at 107 bytes.
  const own = `${dirname(path)}/.s${randomBytes(4).toString('hex')}`;
  const before = process.umask(NEW_FILES_OWNER_ONLY);
  try {
    server.listen(own);
  } finally {
    process.umask(before);
  }
  await once(server, 'listening');
  try {
    await chmod(own, 0o600);
    await takePlace(own, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(own, { force: true });
  }
  const { ino } = await stat(path);
  return async () => {
    const now = await stat(path).catch(() => undefined);
    if (now?.ino === ino) await rm(path, { force: true });
  };
}

async function takePlace(own: string, path: string): Promise<void> {
  for (;;) {
    if (await linked(own, path)) return;
    if (await answers(path)) throw inUse(path);
    await requireSocket(path);
    await moveAway(path);
  }
}

/** What is no socket was not left behind by a server, and is not ours to remove. */
async function requireSocket(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there && !there.isSocket()) throw new Error(`${path} is in the way and is no socket; move it away`);
}

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Takes a dead socket file away; if a live one came into its place meanwhile, puts that back. */
async function moveAway(path: string): Promise<void> {
  const aside = `${dirname(path)}/.d${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if (await answers(aside)) {
    await link(aside, path).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
    await rm(aside);
    throw inUse(path);
  }
  await rm(aside);
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if (codeOf(error) === 'ECONNREFUSED' || codeOf(error) === 'ENOENT') return false;
    throw error;
  } finally {
    socket.destroy();
  }
}

function inUse(path: string): SocketInUse {
  return new SocketInUse(
    `another server answers at ${path}; stop it first, or give this one a data folder of its own`,
  );
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
