import type { Router } from 'express';
import {
  Authenticate,
  type Authenticated,
  Authorize,
  type Authorized,
} from '../../core/contracts/internal.ts';
import { Refusal } from '../../core/reason.ts';
import { admitToRepository } from '../access/git-access.ts';
import { keyHolder } from '../access/key-holder.ts';
import { LastUse } from '../access/last-use.ts';
import { fingerprintOf } from '../../core/public-key.ts';
import { exactRouter } from '../http/bare-app.ts';
import { requireDisk } from '../operations/disk.ts';
import { buildsUnderWay } from '../operations/intake.ts';
import type { InternalDeps } from './deps.ts';
import { json } from './route.ts';

/** Who a key belongs to, and what that person may do with an app's repository. */
export function sshRoutes(deps: InternalDeps): Router {
  const { store, settings, repositories } = deps;
  const router = exactRouter();
  const lastUse = new LastUse(store, deps.log);

  router.post(
    '/ssh/authenticate',
    json(Authenticate, async ({ key }): Promise<Authenticated> => {
      const fingerprint = fingerprintOf(Buffer.from(key, 'base64'));
      const person = store.people.byFingerprint(fingerprint);
      if (!person)
        throw new Refusal(
          401,
          'key_unknown',
          'the platform does not know this key',
          'ask an admin: sluice keys:add',
        );
      return { person: { id: person.id, name: person.name }, fingerprint };
    }),
  );

  router.post(
    '/ssh/authorize',
    json(Authorize, async ({ personId, app: name, service, ...login }): Promise<Authorized> => {
      const principal = keyHolder(store, lastUse, personId, login);
      const { app } = admitToRepository(store, principal, name, service);
      // Before a byte is sent; but who pushes what is under way only wants to see how it goes on.
      if (service === 'git-receive-pack' && buildsUnderWay(deps, app).length === 0) await requireDisk(deps);
      return {
        app: { id: app.id, name: app.name },
        repository: repositories.path(app.id),
        deployBranch: app.deploy_branch,
        limits: settings.pushLimits,
      };
    }),
  );

  return router;
}
