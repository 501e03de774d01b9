import { createHash } from 'node:crypto';
import type { V1Secret } from '@kubernetes/client-node';
import type { Login } from '../../registry/docker-config.ts';
import { appNamespace } from '../../labels.ts';
import { appLabels } from './app-objects.ts';

/** With which nodes pull an app's images, where the registry wants a login. */
export interface PullLogin {
  /** `host[:port]` of the registry, as it stands in the names of images. */
  readonly host: string;
  readonly login: Login;
}

const DIGITS = 10;

/** Another login has another name, as none of ours is ever changed. */
export function pullLoginName(pull: PullLogin): string {
  return `registry-${createHash('sha256').update(configuration(pull)).digest('hex').slice(0, DIGITS)}`;
}

export function pullLoginObject(installationId: string, appId: string, pull: PullLogin): V1Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    immutable: true,
    metadata: {
      name: pullLoginName(pull),
      namespace: appNamespace(installationId, appId),
      labels: appLabels(installationId, appId),
    },
    data: { '.dockerconfigjson': Buffer.from(configuration(pull)).toString('base64') },
  };
}

/** As `docker login` writes it, of this registry alone. */
function configuration({ host, login }: PullLogin): string {
  const auth = Buffer.from(`${login.username}:${login.secret}`).toString('base64');
  return JSON.stringify({ auths: { [host]: { auth } } });
}
