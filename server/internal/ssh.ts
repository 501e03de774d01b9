import { Router } from 'express';
import {
  Authenticate,
  type Authenticated,
  Authorize,
  type Authorized,
} from '../../core/contracts/internal.ts';
import { Refusal } from '../../core/reason.ts';
import { fingerprintOf } from '../access/public-key.ts';
import { requireDisk } from '../operations/disk.ts';
import { buildsUnderWay } from '../operations/intake.ts';
import type { InternalDeps } from './deps.ts';
import { json } from './route.ts';

/** Who a key belongs to, and what that person may do with an app's repository. */
export function sshRoutes(deps: InternalDeps): Router {
  const { store, settings, repositories } = deps;
  const router = Router();

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
    json(Authorize, async ({ personId, app: name, service }): Promise<Authorized> => {
      const person = store.people.byId(personId);
      const app = store.apps.byName(name);
      const role =
        person && app ? (person.admin ? 'owner' : store.people.roleIn(app.id, person.id)) : undefined;
      if (!app || role === undefined) {
        throw new Refusal(
          404,
          'app_not_found',
          `there is no app "${name}" that you may see`,
          'sluice apps   lists yours; sluice apps:create NAME   makes one',
        );
      }
      if (service === 'git-receive-pack' && role === 'viewer') {
        throw new Refusal(
          403,
          'not_allowed',
          `you may look at ${name} but not push to it`,
          `ask an owner: sluice access:add ${person?.name ?? 'you'} deployer -a ${name}`,
        );
      }
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
