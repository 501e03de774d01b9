import type { Status } from '../../../core/contracts/resources.ts';
import type { Store } from '../../store/store.ts';
import type { ApiDeps } from '../deps.ts';

export async function presentStatus({
  store,
  describe,
  doctor,
}: Pick<ApiDeps, 'describe' | 'doctor'> & { store: Store }): Promise<Status> {
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
    parts,
  };
}
