import { APPS } from './apps.ts';
import { BUILDS } from './builds.ts';
import { CANARIES } from './canaries.ts';
import { COMMAND } from './command.ts';
import { HOOKS } from './hooks.ts';
import { IMAGES } from './images.ts';
import { NOTIFICATIONS } from './notifications.ts';
import { PEOPLE } from './people.ts';
import { PLATFORM } from './platform.ts';
import { PUSHES } from './pushes.ts';
import type { ReasonText } from './reason-text.ts';
import { REPLICAS } from './replicas.ts';
import { REQUESTS } from './requests.ts';
import { ROLLOUTS } from './rollouts.ts';
import { SOURCES } from './sources.ts';

/** The codes by what they are about, in the order of the page. A code of no table does not compile. */
export const REASON_TABLES = [
  { heading: 'Builds', rows: BUILDS },
  { heading: 'Replicas', rows: REPLICAS },
  { heading: 'Canaries', rows: CANARIES },
  { heading: 'Releases and rollouts', rows: ROLLOUTS },
  { heading: 'Pushes', rows: PUSHES },
  { heading: 'Linked repositories', rows: SOURCES },
  { heading: 'Web hooks', rows: HOOKS },
  { heading: 'Images without a build', rows: IMAGES },
  { heading: 'Events that are sent', rows: NOTIFICATIONS },
  { heading: 'Apps, domains, config, processes', rows: APPS },
  { heading: 'People, keys, tokens, access', rows: PEOPLE },
  { heading: 'Requests to the API', rows: REQUESTS },
  { heading: 'Parts of the platform', rows: PLATFORM },
  { heading: 'The sluice command', rows: COMMAND },
] as const;

/** Every code that the platform and the command can give. */
export const REASONS = {
  ...BUILDS,
  ...REPLICAS,
  ...CANARIES,
  ...ROLLOUTS,
  ...PUSHES,
  ...SOURCES,
  ...HOOKS,
  ...IMAGES,
  ...NOTIFICATIONS,
  ...APPS,
  ...PEOPLE,
  ...REQUESTS,
  ...PLATFORM,
  ...COMMAND,
} as const;
export type ReasonCode = keyof typeof REASONS;

/** What is known of a code; undefined for one of another version. */
export function reasonText(code: string): ReasonText | undefined {
  return Object.hasOwn(REASONS, code) ? REASONS[code as ReasonCode] : undefined;
}
