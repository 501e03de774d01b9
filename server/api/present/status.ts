import type { Status } from '../../../core/contracts/resources.ts';
import type { AppRow } from '../../store/apps.ts';
import type { Store } from '../../store/store.ts';
import type { ApiDeps } from '../deps.ts';

/** Who asks. */
export interface StatusReader {
  /** Those that they may see. */
  readonly apps: readonly AppRow[];
  /** Whether they can mend the platform: what to type is told to nobody else, as it names its inside. */
  readonly mends: boolean;
}

export async function presentStatus(
  { store, describe, doctor }: Pick<ApiDeps, 'describe' | 'doctor'> & { store: Store },
  { apps, mends }: StatusReader,
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
    maintenance: apps.filter(({ maintenance }) => maintenance === 1).map(({ name }) => name),
  };
}
