import { Refusal } from '../../core/reason.ts';
import type { AppRow } from '../store/apps.ts';
import type { Store } from '../store/store.ts';

/** The app as it is now. @throws Refusal 404 when it was destroyed since the request was let in */
export function requireApp(store: Store, appId: string): AppRow {
  const app = store.apps.byId(appId);
  if (app) return app;
  throw new Refusal(404, 'app_not_found', 'this app has just been destroyed', 'sluice apps');
}
