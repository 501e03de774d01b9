import type { Status } from '../../../core/contracts/resources.ts';
import type { Store } from '../../store/store.ts';
import type { ApiDeps } from '../deps.ts';

/** @param mends whether who asks can mend the platform: what to type is told to nobody else, as it names its inside */
export async function presentStatus(
  { store, describe, doctor }: Pick<ApiDeps, 'describe' | 'doctor'> & { store: Store },
  mends: boolean,
): Promise<Status> {
  const [fingerprint, parts] = await Promise.all([describe.hostKeyFingerprint(), doctor()]);
  return {
    version: describe.version,
    installationId: store.installationId,
    domain: describe.domain,
    httpPort: describe.httpPort,
    httpsPort: describe.httpsPort,
    ssh: {
      address: `ssh://sluice@${describe.sshHost}${describe.sshPort === 22 ? '' : `:${describe.sshPort}`}`,
      fingerprint,
    },
    builds: { ...store.builds.counts(), slots: describe.buildSlots },
    parts: mends ? parts : parts.map(({ name, ok, message }) => ({ name, ok, message })),
  };
}
