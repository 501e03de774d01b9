import type { RemoteSource } from '../../../port.ts';
import { askServer } from './ask-server.ts';

/**
 * What commands may mount, into memory. Never by a Secret: that would stay in etcd, for whoever may read it there.
 * @throws BuildLost when the server does not give it in time
 */
export async function fetchSecrets(
  { secrets, token }: RemoteSource,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  return askServer(
    { url: secrets, token, code: 'build_secrets_unavailable', what: 'its secrets' },
    async (response) => (await response.json()) as Record<string, string>,
    signal,
  );
}
