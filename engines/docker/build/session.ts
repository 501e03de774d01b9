import { randomUUID } from 'node:crypto';
import type { FileSource } from '../../build/session/file-source.ts';
import { serveSession, sessionHeaders } from '../../build/session/serve-session.ts';
import { EngineUnreachable } from '../client.ts';
import type { Engine } from './engine.ts';

export interface Session {
  readonly id: string;
  close(): void;
}

/**
 * A session with the BuildKit inside the engine.
 * @throws when the engine cannot be reached
 */
export async function openSession(
  engine: Engine,
  sharedKey: string,
  folders: Readonly<Record<'dockerfile' | 'context', FileSource>>,
): Promise<Session> {
  const id = randomUUID();
  const socket = await engine.upgrade('/session', sessionHeaders(id, sharedKey, { folders }));
  if (socket.destroyed) throw new EngineUnreachable('it closed the connection of the build');
  return { id, close: serveSession(socket, { folders }).close };
}
