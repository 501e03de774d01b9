import type { AppRow } from './store/apps.ts';
import type { BuildRow } from './store/builds.ts';

/** The line that every build's log begins with. */
export function logHead({ name }: AppRow, { number, commit_id }: BuildRow): string {
  return `-----> Build ${number} of ${name}, commit ${commit_id.slice(0, 8)}\n`;
}
