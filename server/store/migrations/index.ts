import { first } from './001-first.ts';
import { canaries } from './002-canaries.ts';
import { buildTimes } from './003-build-times.ts';
import { access } from './004-access.ts';
import { secrets } from './005-secrets.ts';
import { hooks } from './006-hooks.ts';
import { outgoing } from './007-outgoing.ts';
import { feed } from './008-feed.ts';
import { names } from './009-names.ts';
import { auditRetention } from './010-audit-retention.ts';
import { oneEvent } from './011-one-event.ts';

/** In order; a database's `user_version` is how many of them it has. Never edit one that was released. */
export const migrations: readonly string[] = [
  first,
  canaries,
  buildTimes,
  access,
  secrets,
  hooks,
  outgoing,
  feed,
  names,
  auditRetention,
  oneEvent,
];
