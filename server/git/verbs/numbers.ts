import { reason, Refusal } from '../../../core/reason.ts';
import type { Asked } from './asked.ts';
import type { PersonApi } from './person-api.ts';

/** The build that was named, else the newest. @throws Refusal `no_builds` */
export async function buildOf(api: PersonApi, { app, argument }: Asked): Promise<number> {
  if (argument !== undefined) return numbered(argument, /^#?(\d{1,9})$/);
  const { items } = await api.call('listBuilds', { params: { app }, query: { limit: 1 } });
  const [newest] = items;
  if (newest) return newest.number;
  throw Refusal.of(404, reason('no_builds', `${app} has no builds yet`, 'git push platform main'));
}

/** @throws Refusal `no_rollouts` */
export async function newestRelease(api: PersonApi, app: string): Promise<number> {
  const { items } = await api.call('listReleases', { params: { app }, query: { limit: 1 } });
  const [newest] = items;
  if (newest) return newest.number;
  throw Refusal.of(404, reason('no_rollouts', `${app} has no rollouts yet`, 'git push platform main'));
}

export function releaseNumber(text: string): number {
  return numbered(text, /^v?(\d{1,9})$/);
}

function numbered(text: string, form: RegExp): number {
  const found = form.exec(text)?.[1];
  if (found !== undefined) return Number(found);
  throw Refusal.of(
    422,
    reason('misuse', `"${text}" is none: a release is written v12, a build 41`, 'ssh … help'),
  );
}
