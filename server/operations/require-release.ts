import { Refusal } from '../../core/reason.ts';
import type { AppRow } from '../store/apps.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { Store } from '../store/store.ts';

/** @throws Refusal 404 */
export function requireRelease(store: Store, app: AppRow, number: number): ReleaseRow {
  const release = store.releases.byNumber(app.id, number);
  if (release) return release;
  throw new Refusal(
    404,
    'release_not_found',
    `${app.name} has no release v${number}`,
    `type \`sluice releases -a ${app.name}\` for those that it has`,
  );
}
