import type { RepositoryCheck } from '../../core/contracts/resources.ts';
import { Refusal } from '../../core/reason.ts';
import { redactAll } from '../../core/redaction/redact-all.ts';
import { actorId } from '../access/principal.ts';
import { linkOf } from '../sources/link.ts';
import type { AppRow } from '../store/apps.ts';
import type { LinkedRepositoryRow } from '../store/linked-repositories.ts';
import type { Store } from '../store/store.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { presentRepository } from './present/repository.ts';

const NEVER = new AbortController().signal;

export function registerRepository(endpoints: Endpoints, deps: ApiDeps): void {
  const { store, hosts } = deps;

  endpoints.answer('getRepository', ({ app }) => presentRepository(store, app, requireLink(store, app)));

  endpoints.answer('linkRepository', async ({ principal, app, body }) => {
    store.transaction(() => {
      const before = store.linkedRepositories.of(app.id);
      const link = linkOf(app, principal.person.id, body, before, hosts);
      store.linkedRepositories.put(link);
      store.events.record('repository.link', actorId(principal), app.id, {
        url: link.url,
        branch: link.branch ?? app.deploy_branch,
      });
    });
    // Before it is shown: the first try also learns the key of the host.
    const checked = await check(deps, app);
    return { ...presentRepository(store, app, requireLink(store, app)), check: checked };
  });

  endpoints.answer('unlinkRepository', ({ principal, app }) => {
    store.transaction(() => {
      const { url } = requireLink(store, app);
      store.linkedRepositories.remove(app.id);
      store.events.record('repository.unlink', actorId(principal), app.id, { url });
    });
  });

  endpoints.answer('checkRepository', async ({ app }) => {
    requireLink(store, app);
    return check(deps, app);
  });
}

async function check({ store, source }: ApiDeps, app: AppRow): Promise<RepositoryCheck> {
  try {
    return { ok: true, ...(await source.look(app, NEVER)) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // Its detail is what git and the other side have said.
    return { ok: false, reason: redactAll(store.redactors.of(app.id), error.reason) };
  }
}

function requireLink(store: Store, app: AppRow): LinkedRepositoryRow {
  const link = store.linkedRepositories.of(app.id);
  if (link) return link;
  throw new Refusal(
    404,
    'not_linked',
    `${app.name} is linked to no repository`,
    `sluice repository:link git@host:owner/name.git -a ${app.name}`,
  );
}
