import type { Workloads } from '../../engines/port.ts';
import type { BuildLogs } from '../logs.ts';
import type { Changes } from '../changes.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { KeyedLock } from '../keyed-lock.ts';
import type { Repositories } from '../repositories/repositories.ts';
import type { Retention } from '../retention/retention.ts';
import type { Settings } from '../settings.ts';
import type { Store } from '../store/store.ts';

/** What the operations work on. */
export interface OperationDeps {
  readonly store: Store;
  readonly settings: Settings;
  readonly repositories: Repositories;
  readonly buildLogs: BuildLogs;
  readonly workloads: Workloads;
  readonly dispatcher: Dispatcher;
  readonly retention: Retention;
  /** Notifying it also wakes the controller for that app. */
  readonly changes: Changes;
  /** One decision at a time an app. */
  readonly lock: KeyedLock;
}
