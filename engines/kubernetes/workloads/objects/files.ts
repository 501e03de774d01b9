import type { V1Secret, V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { FILES_FOLDER } from '../../../../core/config/files.ts';
import type { ReleaseSpec } from '../../../port.ts';
import { releaseSecret } from './environment.ts';

const VOLUME = 'files';
/** Of the pod's group alone: Kubernetes gives files of a Secret to root. */
const MODE = 0o440;

/** As that of the environment: a release's number names it. */
export function filesName({ releaseNumber }: Pick<ReleaseSpec, 'releaseNumber'>): string {
  return `files-v${String(releaseNumber)}`;
}

/** A release's files, a Secret of their own: what is in that of the environment is in the environment. */
export function filesObject(installationId: string, release: ReleaseSpec): V1Secret {
  return releaseSecret(installationId, release, filesName(release), release.files);
}

/** @param secret that holds them; undefined: there are none */
export function filesVolume(secret: string | undefined): {
  volumes?: V1Volume[];
  volumeMounts?: V1VolumeMount[];
} {
  if (secret === undefined) return {};
  return {
    volumes: [{ name: VOLUME, secret: { secretName: secret, defaultMode: MODE } }],
    volumeMounts: [{ name: VOLUME, mountPath: FILES_FOLDER, readOnly: true }],
  };
}

/** Name of the Secret that holds a release's files; undefined when it has none. */
export function filesOfRelease(release: ReleaseSpec): string | undefined {
  return Object.keys(release.files).length === 0 ? undefined : filesName(release);
}
