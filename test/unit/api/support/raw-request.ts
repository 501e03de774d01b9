import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { PERSON_HEADER } from '../../../../core/contracts/internal.ts';
import type { PersonRow } from '../../../../server/store/people.ts';

/** A GET over the unix socket whose answer is read by the test, as slowly as it likes. */
export async function getSlowly(socketPath: string, path: string, by: PersonRow): Promise<IncomingMessage> {
  const asked = request({ socketPath, path, headers: { [PERSON_HEADER]: by.id } });
  asked.on('error', () => undefined).end();
  const response = await responseOf(asked);
  return response.on('error', () => undefined);
}

export async function responseOf(asked: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return response;
}

export async function upgradeOf(
  asked: ClientRequest,
): Promise<{ response: IncomingMessage; socket: Socket; head: Buffer }> {
  const [response, socket, head] = (await once(asked, 'upgrade')) as [IncomingMessage, Socket, Buffer];
  return { response, socket, head };
}
