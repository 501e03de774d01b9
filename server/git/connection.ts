import type { Socket } from 'node:net';
import type { AuthContext, Connection, Session } from 'ssh2';
import { Authentication } from './authentication.ts';
import { clientPacketSize, endWithoutCommand, unreadBytes } from './ssh2-internals.ts';
import { serveSession, type SessionParts } from './session.ts';

/** Sessions of one connection at once, as sshd's MaxSessions. */
const MAX_SESSIONS = 10;
/** No client asks for smaller packets; ssh2 would loop for ever over packets of 0 bytes. */
const MIN_PACKET = 1_024;
/** ssh2's window is 2 MiB a channel, and ssh2 does not hold a client to it. */
const MAX_UNREAD = 4 * 1024 * 1024;
/**
 * Bytes that the client has not taken. ssh2 answers all that it is asked, however little of it is read; what commands
 * write waits for the socket before it gets here. Before its login a client is told next to nothing.
 */
const MAX_UNSENT = { login: 64 * 1024, sessions: 4 * 1024 * 1024 };

/**
 * Serves one SSH connection.
 * @param loggedIn called once the client has proved who it is
 */
export function serveConnection(
  connection: Connection,
  socket: Socket,
  parts: SessionParts,
  loggedIn: () => void,
): void {
  const left = new AbortController();
  const sessions = new Set<Session>();
  const authentication = new Authentication(parts.server, left.signal, parts.log);
  const authenticate = async (context: AuthContext): Promise<void> => {
    if (!(await authentication.answer(context))) connection.end();
  };
  connection.on('close', () => left.abort());
  socket.on('close', () => left.abort());
  connection.on('error', (error) => {
    // Scanners and cut lines: nothing that anyone has to look at.
    parts.log.debug({ err: error }, 'connection failed');
    socket.destroy();
  });
  connection.on('authentication', (context) => {
    authenticate(context).catch((error: unknown) => {
      // A fault of one login must not end the process, and with it everybody's pushes.
      parts.log.error({ err: error }, 'a login could not be answered');
      socket.destroy();
    });
  });
  connection.on('ready', loggedIn);
  connection.on('session', (accept, reject) => {
    const who = authentication.person;
    if (who === undefined || sessions.size >= MAX_SESSIONS) {
      reject();
      return;
    }
    const session = accept();
    if (clientPacketSize(session) < MIN_PACKET) {
      socket.destroy();
      return;
    }
    sessions.add(session);
    session.on('close', () => {
      sessions.delete(session);
      endWithoutCommand(connection, session);
    });
    serveSession(session, { connection, socket, who, gone: left.signal }, parts);
  });
  socket.on('data', () => {
    const { login, sessions: most } = MAX_UNSENT;
    if (socket.writableLength > (authentication.person === undefined ? login : most)) socket.destroy();
    for (const session of sessions) {
      if (unreadBytes(session) > MAX_UNREAD) socket.destroy();
    }
  });
}
