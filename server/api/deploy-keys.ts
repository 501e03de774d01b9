import { CredentialName, type DeployKey } from '../../core/contracts/resources.ts';
import { Refusal } from '../../core/reason.ts';
import { actorId } from '../access/principal.ts';
import { parsePublicKey } from '../../core/public-key.ts';
import type { AppRow } from '../store/apps.ts';
import type { KeyRow, PersonRow } from '../store/people.ts';
import type { Store } from '../store/store.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { presentKey } from './present/key.ts';

/** A deploy key acts in its own name, so that builds and the audit log say which one it was. */
export function registerDeployKeys(endpoints: Endpoints, { store }: ApiDeps): void {
  endpoints.answer('listDeployKeys', ({ app }) => ({
    items: store.people.of(app.id, 'deploy-key').flatMap((holder) => {
      const [key] = store.people.keys(holder.id);
      return key === undefined ? [] : [present(holder, key)];
    }),
  }));

  endpoints.answer('addDeployKey', ({ principal, app, body }) => {
    const parsed = parsePublicKey(body.publicKey);
    return store.transaction(() => {
      const name = body.name ?? freeName(store, app, parsed.comment);
      requireFreeName(store, app, name);
      const holder = store.people.createFor(app.id, 'deploy-key', name);
      const key = store.people.addKey(holder.id, parsed);
      const { fingerprint } = key;
      store.events.record('deploy-key.add', actorId(principal), app.id, { name, fingerprint });
      return present(holder, key);
    });
  });

  endpoints.answer('removeDeployKey', ({ principal, app, params }) => {
    store.transaction(() => {
      const { holder, fingerprint } = requireDeployKey(store, app, params.key);
      store.people.remove(holder.id);
      const what = { name: holder.name, fingerprint };
      store.events.record('deploy-key.remove', actorId(principal), app.id, what);
    });
  });
}

function present(holder: PersonRow, key: KeyRow): DeployKey {
  return { ...presentKey(key), id: holder.id, name: holder.name };
}

function freeName(store: Store, app: AppRow, comment: string): string {
  if (CredentialName.safeParse(comment).success) return comment;
  const taken = new Set(store.people.of(app.id, 'deploy-key').map(({ name }) => name));
  for (let number = taken.size + 1; ; number++) {
    if (!taken.has(`deploy-key-${number}`)) return `deploy-key-${number}`;
  }
}

function requireFreeName(store: Store, app: AppRow, name: string): void {
  if (!store.people.of(app.id, 'deploy-key').some((holder) => holder.name === name)) return;
  throw new Refusal(
    409,
    'deploy_key_exists',
    `${app.name} has a deploy key called ${name} already`,
    `give this one another name: \`sluice deploy-keys:add FILE --name NAME -a ${app.name}\``,
  );
}

function requireDeployKey(
  store: Store,
  app: AppRow,
  said: string,
): { holder: PersonRow; fingerprint: string } {
  for (const holder of store.people.of(app.id, 'deploy-key')) {
    const fingerprint = store.people.keys(holder.id)[0]?.fingerprint ?? '';
    if ([holder.id, holder.name, fingerprint].includes(said)) return { holder, fingerprint };
  }
  throw new Refusal(
    404,
    'deploy_key_not_found',
    `${app.name} has no such deploy key`,
    `type \`sluice deploy-keys -a ${app.name}\` for those that it has`,
  );
}
