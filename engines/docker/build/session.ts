import { randomUUID } from 'node:crypto';
import { serveSession, sessionHeaders } from '../../build/session/serve-session.ts';
import type { SessionServices } from '../../build/session/serve-session.ts';
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
  services: SessionServices,
): Promise<Session> {
  const id = randomUUID();
  const socket = await engine.upgrade('/session', sessionHeaders(id, sharedKey, services));
  if (socket.destroyed) throw new EngineUnreachable('it closed the connection of the build');
  return { id, close: serveSession(socket, services).close };
}
