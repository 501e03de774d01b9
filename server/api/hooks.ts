import type { Hook } from '../../core/contracts/resources.ts';
import { Refusal } from '../../core/reason.ts';
import { actorId, nameOf } from '../access/principal.ts';
import { acceptAgain } from '../hooks/accept.ts';
import { presentDelivery } from '../hooks/answer.ts';
import { newSecret } from '../hooks/secret.ts';
import type { AppRow } from '../store/apps.ts';
import type { DeliveryRow } from '../store/deliveries.ts';
import type { HookRow } from '../store/hooks.ts';
import type { Store } from '../store/store.ts';
import { decodeBelow, pageOf } from './cursor.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { iso, optional, optionalTime } from './present/time.ts';

export function registerHooks(endpoints: Endpoints, { store, describe, deliveries }: ApiDeps): void {
  const show = (app: AppRow, hook: HookRow): Hook => presentHook(store, app, hook, describe.hooksUrl);

  endpoints.answer('listHooks', ({ app }) => ({
    items: store.hooks.of(app.id).map((hook) => show(app, hook)),
  }));

  endpoints.answer('createHook', ({ principal, app, body: { kind, name, branch, secret = newSecret() } }) => {
    const hook = store.transaction(() => {
      const made = store.hooks.create(app, {
        kind,
        name,
        branch,
        secret,
        personId: principal.person.id,
        actor: (chosen) => store.people.createFor(app.id, 'hook', chosen).id,
      });
      const detail = { hook: made.name, kind, ...optional('branch', branch) };
      store.events.record('hook.create', actorId(principal), app.id, detail);
      return made;
    });
    return { ...show(app, hook), secret };
  });

  endpoints.answer('getHook', ({ app, params }) => show(app, requireHook(store, app, params.hook)));

  endpoints.answer('changeHook', ({ principal, app, params, body: { enabled } }) => {
    const hook = requireHook(store, app, params.hook);
    return store.transaction(() => {
      const detail = { hook: hook.name };
      store.events.record(enabled ? 'hook.enable' : 'hook.disable', actorId(principal), app.id, detail);
      return show(app, store.hooks.setEnabled(hook.id, enabled));
    });
  });

  endpoints.answer(
    'rotateHook',
    ({ principal, app, params, body: { keepSeconds, secret = newSecret() } }) => {
      const hook = requireHook(store, app, params.hook);
      const until = keepSeconds === 0 ? undefined : Date.now() + keepSeconds * 1_000;
      const rotated = store.transaction(() => {
        store.events.record('hook.rotate', actorId(principal), app.id, { hook: hook.name, keepSeconds });
        return store.hooks.rotate(app, hook, secret, until);
      });
      return { ...show(app, rotated), secret };
    },
  );

  endpoints.answer('removeHook', ({ principal, app, params }) => {
    const hook = requireHook(store, app, params.hook);
    store.transaction(() => {
      store.hooks.remove(hook.id);
      store.people.remove(hook.actor_id);
      store.events.record('hook.remove', actorId(principal), app.id, { hook: hook.name });
    });
  });

  endpoints.answer('listDeliveries', ({ app, query }) => {
    const hook = query.hook === undefined ? undefined : requireHook(store, app, query.hook);
    const below = decodeBelow('deliveries', query.cursor);
    const rows = store.deliveries.page(app.id, hook?.id, below, query.limit + 1);
    const present = (row: DeliveryRow) => presentDelivery(store, row);
    return pageOf('deliveries', rows, query.limit, ({ number }) => number, present);
  });

  endpoints.answer('getDelivery', ({ app, params }) =>
    presentDelivery(store, requireDelivery(store, app, params.delivery)),
  );

  endpoints.answer('redeliver', ({ principal, app, params }) => {
    const delivery = requireDelivery(store, app, params.delivery);
    const body = store.deliveries.body(delivery.id);
    if (body === undefined) throw bodyGone(delivery);
    const hook = store.hooks.require(delivery.hook_id);
    const again = store.transaction(() => {
      const { headers, address } = delivery;
      const arrived = { app, hook, header: (name: string) => headers[name], body, address };
      const made = acceptAgain(store, arrived, principal.person.id, delivery);
      const detail = { hook: hook.name, delivery: delivery.id, as: made.id };
      store.events.record('hook.redeliver', actorId(principal), app.id, detail);
      return made;
    });
    deliveries.wake(app.id);
    return presentDelivery(store, again);
  });
}

function presentHook(store: Store, app: AppRow, hook: HookRow, base: string): Hook {
  const last = store.deliveries.newest(hook.id);
  const oldGood = hook.old_until !== null && hook.old_until > Date.now();
  return {
    id: hook.id,
    name: hook.name,
    kind: hook.kind,
    branch: hook.branch ?? app.deploy_branch,
    enabled: hook.enabled === 1,
    url: `${base}/v1/hooks/${hook.id}`,
    person: nameOf(store.people, hook.person_id),
    createdAt: iso(hook.created_at),
    ...optionalTime('rotatedAt', hook.rotated_at),
    ...optionalTime('oldSecretUntil', oldGood ? hook.old_until : undefined),
    ...optional('lastDelivery', last && presentDelivery(store, last)),
    ...optional(
      'lastRefused',
      hook.refused_at === null
        ? undefined
        : { at: iso(hook.refused_at), code: hook.refused_code ?? 'hook_signature_wrong' },
    ),
  };
}

function requireHook(store: Store, app: AppRow, idOrName: string): HookRow {
  const hook = store.hooks.find(app.id, idOrName);
  if (hook) return hook;
  throw new Refusal(
    404,
    'hook_not_found',
    `${app.name} has no hook ${idOrName.slice(0, 64)}`,
    `type \`sluice hooks -a ${app.name}\` for those that it has`,
  );
}

function requireDelivery(store: Store, app: AppRow, id: string): DeliveryRow {
  const delivery = store.deliveries.byId(id);
  if (delivery?.app_id === app.id) return delivery;
  throw new Refusal(
    404,
    'delivery_not_found',
    `${app.name} has no delivery ${id.slice(0, 64)}`,
    `type \`sluice hooks:deliveries -a ${app.name}\` for those that are kept`,
  );
}

function bodyGone({ id }: DeliveryRow): Refusal {
  return new Refusal(
    410,
    'delivery_body_gone',
    `the body of delivery ${id} is no longer kept`,
    "have its sender send it again: GitHub's and GitLab's settings of the web hook have a button for that",
  );
}
