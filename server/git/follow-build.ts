import { setTimeout as delay } from 'node:timers/promises';
import type { Until, Verdict } from '../../core/contracts/internal.ts';
import type { PusherConsole } from './pusher-console.ts';
import { backoff, whileUnreachable } from './retry.ts';
import { ClientGone } from './channel-output.ts';
import { ServerUnreachable, type ServerClient } from './server-client.ts';
import { DETAIL, ERROR } from './terminal.ts';

export interface Follow {
  readonly buildId: string;
  readonly until: Until;
  /** Milliseconds without a line after which one says that it goes on. */
  readonly quietMs: number;
  /** Aborts when the client is gone. */
  readonly gone: AbortSignal;
}

export const RESTARTING = `${ERROR}the platform is restarting; your push goes on`;

/**
 * Passes a build's log on as fast as the client takes it, and no faster: nothing is read ahead of the channel. Goes
 * on from the last byte when the server restarts.
 * @returns the verdict once the build (or its rollout) has ended
 * @throws ClientGone, or a Refusal when the server knows no such build
 */
export async function followBuild(
  server: ServerClient,
  console: PusherConsole,
  follow: Follow,
): Promise<Verdict> {
  const { buildId, until, gone } = follow;
  const quiet = new Quiet(server, console, follow);
  let offset = 0;
  let paused = false;
  const onPause = (): void => {
    if (paused) return;
    paused = true;
    console.lines([RESTARTING]).catch(() => undefined);
  };
  const forAsLongAsItTakes = { signal: gone, limitMs: Infinity, onPause };
  try {
    for (let idle = 0; ; idle += 1) {
      const log = await whileUnreachable(() => server.log(buildId, offset, until, gone), forAsLongAsItTakes);
      try {
        for await (const chunk of log as AsyncIterable<Buffer>) {
          offset += chunk.length;
          idle = 0;
          await console.write(chunk);
          quiet.heard();
        }
      } catch (error) {
        if (gone.aborted || error instanceof ClientGone) throw error;
        // The server ended in the middle: the verdict says whether to come back for the rest.
      }
      const verdict = await whileUnreachable(() => server.verdict(buildId, until, gone), forAsLongAsItTakes);
      if (verdict.ended) return verdict;
      await delay(backoff(idle), undefined, { signal: gone });
    }
  } catch (error) {
    throw gone.aborted ? new ClientGone() : error;
  } finally {
    quiet.stop();
  }
}

/** Says at least each `quietMs` that the build goes on, so that nobody takes a long step for a dead line. */
class Quiet {
  readonly #server: ServerClient;
  readonly #console: PusherConsole;
  readonly #follow: Follow;
  readonly #timer: NodeJS.Timeout;
  #state = '';
  #since = performance.now();
  #saying = false;

  constructor(server: ServerClient, console: PusherConsole, follow: Follow) {
    this.#server = server;
    this.#console = console;
    this.#follow = follow;
    this.#timer = setInterval(() => {
      // What it could not say now the stream or the verdict will tell.
      this.#say().catch(() => undefined);
    }, follow.quietMs);
  }

  heard(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #say(): Promise<void> {
    if (this.#saying) return;
    this.#saying = true;
    try {
      const state = await this.#currentState();
      if (state !== this.#state && this.#state !== '') this.#since = performance.now();
      this.#state = state;
      const seconds = Math.round((performance.now() - this.#since) / 1000);
      await this.#console.lines([`${DETAIL}… still ${state} (${seconds} s)`]);
    } catch (error) {
      // The client is gone: the log's own reader ends with the same.
      if (!(error instanceof ClientGone)) throw error;
    } finally {
      this.#saying = false;
    }
  }

  async #currentState(): Promise<string> {
    const { buildId, until, gone } = this.#follow;
    try {
      const { build, release, behind } = await this.#server.verdict(buildId, until, gone);
      if (build.state === 'succeeded' && release !== undefined) return release.rollout;
      return behind === undefined ? build.state : `${build.state} behind ${behind}`;
    } catch (error) {
      if (error instanceof ServerUnreachable || gone.aborted) return 'waiting for the platform';
      throw error;
    }
  }
}
