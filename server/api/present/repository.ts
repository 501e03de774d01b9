import type { LinkedRepository } from '../../../core/contracts/resources.ts';
import { nameOf } from '../../access/principal.ts';
import { fingerprintOf } from '../../../core/public-key.ts';
import type { AppRow } from '../../store/apps.ts';
import type { LinkedRepositoryRow } from '../../store/linked-repositories.ts';
import type { Store } from '../../store/store.ts';
import { iso, optional } from './time.ts';

export function presentRepository(store: Store, app: AppRow, link: LinkedRepositoryRow): LinkedRepository {
  const { secrets, host_keys: hostKeys } = link;
  return {
    url: link.url,
    branch: link.branch ?? app.deploy_branch,
    ...optional('provider', link.provider),
    login: loginOf(secrets),
    ...optional('publicKey', link.public_key),
    ...optional('hostKeys', hostKeys === null ? undefined : fingerprints(hostKeys)),
    statuses: link.provider !== null && secrets.statusToken !== undefined,
    person: nameOf(store.people, link.person_id),
    createdAt: iso(link.created_at),
  };
}

function loginOf({ deployKey, token }: LinkedRepositoryRow['secrets']): LinkedRepository['login'] {
  if (deployKey !== undefined) return 'deploy-key';
  return token === undefined ? 'none' : 'token';
}

/** Of the lines of a known_hosts file: `host algorithm base64`. */
function fingerprints(knownHosts: string): string[] {
  return knownHosts
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => fields.length >= 3)
    .map(([, algorithm = '', key = '']) => `${algorithm} ${fingerprintOf(Buffer.from(key, 'base64'))}`);
}
