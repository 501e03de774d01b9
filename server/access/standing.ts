import type { RouteName } from '../../core/contracts/routes.ts';
import { Refusal } from '../../core/reason.ts';
import { forDeployKeys, makesCredentials, type Need } from './permissions.ts';
import { isAdmin, isLimited, type Principal } from './principal.ts';

/**
 * What an asker of this kind may never do, whatever it is in an app.
 * @throws Refusal 403 `deploy_key_limited`, `token_not_enough`
 */
export function requireKind(route: RouteName, { person, via }: Principal): void {
  if (person.kind !== 'person' && !forDeployKeys.has(route)) {
    throw new Refusal(
      403,
      'deploy_key_limited',
      'a deploy key pushes to its app, clones it and follows its builds, and nothing else',
      'use your own key, or a token: `sluice tokens:create`',
    );
  }
  if (via === 'token' && makesCredentials.has(route)) {
    throw new Refusal(
      403,
      'token_not_enough',
      'no token makes a key, another token or an admin: whoever found it could stay for ever',
      'unset SLUICE_URL and SLUICE_TOKEN, so that `sluice` uses your own ssh key',
    );
  }
}

/** What has nothing to do with one app. @throws Refusal 403 `machine_only`, `admin_only`, `token_limited` */
export function requireStanding(need: Need, principal: Principal): void {
  if (need === 'machine' && principal.via !== 'machine') {
    throw new Refusal(
      403,
      'machine_only',
      'this is only taken from root on the machine that runs the platform',
      'log in there and type it with sudo, such as `sudo sluice setup`',
    );
  }
  if ((need === 'self' || need === 'admin') && isLimited(principal)) {
    throw new Refusal(
      403,
      'token_limited',
      `the token ${principal.credential} is limited to some apps or to a role, and this is beyond both`,
      'unset SLUICE_URL and SLUICE_TOKEN, so that `sluice` uses your own ssh key',
    );
  }
  if (need === 'admin' && !isAdmin(principal)) {
    throw new Refusal(403, 'admin_only', 'this is for admins of the platform', 'ask one of them');
  }
}
