import type { Logger } from 'pino';
import type { Workloads } from '../../engines/port.ts';
import type { FileBuildLogs } from '../build-logs.ts';
import type { Changes } from '../changes.ts';
import type { KeyedLock } from '../keyed-lock.ts';
import type { Repositories } from '../repositories/repositories.ts';
import type { Settings } from '../settings.ts';
import type { Store } from '../store/store.ts';

export interface RetentionDeps {
  readonly store: Store;
  readonly settings: Pick<Settings, 'paths' | 'diskBudgetBytes' | 'auditDays'>;
  readonly workloads: Workloads;
  readonly repositories: Repositories;
  readonly buildLogs: FileBuildLogs;
  readonly changes: Changes;
  /** The one that operations hold while they decide about an app. */
  readonly lock: KeyedLock;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}
