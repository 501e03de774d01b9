import type { Logger } from 'pino';
import type { Traffic, Workloads } from '../../engines/port.ts';
import type { CanaryWatch } from '../canary/canary-watch.ts';
import type { Changes } from '../changes.ts';
import type { Attempts } from '../dispatch/attempts.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { KeyedLock } from '../keyed-lock.ts';
import type { FileBuildLogs } from '../build-logs.ts';
import type { Repositories } from '../repositories/repositories.ts';
import type { Settings } from '../settings.ts';
import type { Store } from '../store/store.ts';
import type { Progress } from './progress.ts';
import type { Routes } from './routes.ts';

export interface ControllerDeps {
  readonly store: Store;
  readonly settings: Settings;
  readonly workloads: Workloads;
  readonly traffic: Traffic;
  readonly routes: Routes;
  readonly repositories: Repositories;
  readonly buildLogs: FileBuildLogs;
  readonly attempts: Attempts;
  readonly dispatcher: Dispatcher;
  readonly changes: Changes;
  readonly progress: Progress;
  readonly canaries: CanaryWatch;
  /** The one that operations hold while they decide about an app. */
  readonly lock: KeyedLock;
  readonly log: Logger;
}
