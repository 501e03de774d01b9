import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { Changes } from '../changes.ts';
import type { FileBuildLogs } from '../build-logs.ts';
import type { Attempts } from '../dispatch/attempts.ts';
import type { AttemptTokens } from '../dispatch/attempt-tokens.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { Operations } from '../operations/operations.ts';
import type { Repositories } from '../repositories/repositories.ts';
import type { Retention } from '../retention/retention.ts';
import type { Settings } from '../settings.ts';
import type { Store } from '../store/store.ts';

export interface InternalDeps {
  readonly store: Store;
  readonly settings: Settings;
  readonly operations: Operations;
  readonly repositories: Repositories;
  readonly buildLogs: FileBuildLogs;
  readonly attempts: Attempts;
  readonly tokens: AttemptTokens;
  readonly dispatcher: Dispatcher;
  readonly changes: Changes;
  readonly retention: Retention;
  /** The commit as tar entries without end-of-archive blocks. */
  readonly openTree: (repository: string, commit: string) => Promise<Readable>;
  readonly log: Logger;
}
