import type { LinkRepository } from '../../core/contracts/resources.ts';
import { generateSshKey } from '../git/openssh-key.ts';
import type { AppRow } from '../store/apps.ts';
import type { LinkedRepositoryRow, LinkSecrets, NewLink, Provider } from '../store/linked-repositories.ts';
import { type AllowedHosts, refused, type SourceAddress, sourceAddress } from './address.ts';
import { refsOf } from './refs.ts';

/**
 * What is kept of a wish to link a repository. One that is linked already keeps its keys and tokens, so that changing the
 * branch needs none of them again.
 * @throws Refusal 422
 */
export function linkOf(
  app: AppRow,
  personId: string,
  wish: LinkRepository,
  before: LinkedRepositoryRow | undefined,
  allowed: AllowedHosts,
): NewLink {
  const address = sourceAddress(wish.url, allowed);
  if (wish.branch !== undefined) refsOf(wish.branch);
  const same = before?.url === address.shown ? before : undefined;
  const provider = wish.provider ?? same?.provider ?? guessed(address.host) ?? null;
  const statusToken = wish.statusToken ?? same?.secrets.statusToken;
  if (statusToken !== undefined && provider === null) {
    throw refused(
      `it cannot be told whose statuses ${address.host} takes`,
      'say it: --provider github, gitlab or gitea',
    );
  }
  return {
    app_id: app.id,
    url: address.shown,
    branch: wish.branch ?? same?.branch ?? null,
    provider,
    host_keys: same?.host_keys ?? null,
    person_id: personId,
    ...(address.protocol === 'ssh:'
      ? bySsh(app, address, wish, same, statusToken)
      : byToken(wish.token ?? same?.secrets.token, statusToken)),
  };
}

type Keys = Pick<NewLink, 'public_key' | 'secrets'>;

function bySsh(
  app: AppRow,
  { host, path }: SourceAddress,
  wish: LinkRepository,
  same: LinkedRepositoryRow | undefined,
  statusToken: string | undefined,
): Keys {
  if (wish.token !== undefined) {
    throw refused('a token opens nothing by SSH', `give the https URL: https://${host}/${path}.git`);
  }
  const kept = same?.secrets.deployKey;
  if (kept !== undefined) {
    return { public_key: same?.public_key ?? null, secrets: withStatus({ deployKey: kept }, statusToken) };
  }
  const { privateKey, publicKey } = generateSshKey(`sluice/${app.name}`);
  return { public_key: publicKey, secrets: withStatus({ deployKey: privateKey }, statusToken) };
}

function byToken(token: string | undefined, statusToken: string | undefined): Keys {
  return { public_key: null, secrets: withStatus(token === undefined ? {} : { token }, statusToken) };
}

function withStatus(secrets: LinkSecrets, statusToken: string | undefined): LinkSecrets {
  return statusToken === undefined ? secrets : { ...secrets, statusToken };
}

/** By how such hosts are mostly called. */
function guessed(host: string): Provider | undefined {
  if (/(?:^|\.)github\b/.test(host)) return 'github';
  if (/(?:^|\.)gitlab\b/.test(host)) return 'gitlab';
  return /(?:^|\.)(?:gitea|forgejo|codeberg)\b/.test(host) ? 'gitea' : undefined;
}
