import type { Logger } from 'pino';
import type { ServerChannel } from 'ssh2';
import type { Authorized } from '../../core/contracts/internal.ts';
import type { ChannelOutput } from './channel-output.ts';
import type { Login } from './login.ts';
import type { ServerClient } from './server-client.ts';
import type { SummaryCache } from './tree-summary.ts';

/** One authorised `git-receive-pack` or `git-upload-pack`. */
export interface GitRequest {
  readonly app: Authorized;
  readonly login: Login;
  /** GIT_PROTOCOL of the client's environment. */
  readonly protocol: string | undefined;
  readonly channel: ServerChannel;
  readonly output: ChannelOutput;
  /** Aborts when the client, or its channel, is gone. */
  readonly gone: AbortSignal;
  readonly server: ServerClient;
  readonly cache: SummaryCache;
  /** Folder with git's hooks. */
  readonly hooks: string;
  /** PATH for git and its hooks. */
  readonly path: string;
  readonly quietMs: number;
  readonly log: Logger;
}
