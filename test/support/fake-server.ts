import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ClaimedTask, Finish } from '../../core/contracts/internal.ts';
import { treeBytes } from './tree.ts';
import type { TreeFiles } from './tree.ts';

/** One attempt as the server knows it. */
export interface FakeAttempt {
  readonly task: ClaimedTask;
  readonly files: TreeFiles;
  readonly secrets: Readonly<Record<string, string>>;
  /** Answered with 410 when false. */
  current: boolean;
  claims: { at: number; instance: string }[];
  log: Buffer;
  stages: string[];
  finishes: Finish[];
  watchers: Set<ServerResponse>;
}

/** The routes that a builder asks, in memory; what it knows outlives `stop` and `listen`. */
export class FakeServer {
  readonly hellos: { builder: string; instance: string }[] = [];
  readonly attempts = new Map<string, FakeAttempt>();
  private readonly socket: string;
  private server: Server | undefined;

  constructor(socket: string) {
    this.socket = socket;
  }

  add(task: ClaimedTask, files: TreeFiles, secrets: Readonly<Record<string, string>> = {}): FakeAttempt {
    const attempt: FakeAttempt = {
      task,
      files,
      secrets,
      current: true,
      claims: [],
      log: Buffer.alloc(0),
      stages: [],
      finishes: [],
      watchers: new Set(),
    };
    this.attempts.set(`${task.buildId}/${task.attempt}`, attempt);
    return attempt;
  }

  async listen(): Promise<void> {
    await rm(this.socket, { force: true });
    this.server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    this.server.listen(this.socket);
    await once(this.server, 'listening');
  }

  /** As a kill: every connection breaks. */
  async stop(): Promise<void> {
    const closed = once(this.server as Server, 'close');
    this.server?.close();
    this.server?.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://server');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const json = (value: unknown, status = 200): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (url.pathname === '/internal/builders') {
      this.hellos.push(JSON.parse(body.toString()) as { builder: string; instance: string });
      return json({});
    }
    if (url.pathname === '/internal/attempts') {
      const open = [...this.attempts].filter(([, { current, finishes }]) => current && finishes.length === 0);
      return json({ open: open.map(([key]) => key.replace('/', '-')) });
    }
    if (url.pathname === '/internal/attempts/claim') {
      const claim = JSON.parse(body.toString()) as { buildId: string; attempt: number; instance: string };
      const attempt = this.attempts.get(`${claim.buildId}/${claim.attempt}`);
      attempt?.claims.push({ at: performance.now(), instance: claim.instance });
      return attempt?.current === true
        ? json(attempt.task)
        : json({ reason: { code: 'claim_refused' } }, 409);
    }
    const [, id, number, route] =
      /^\/internal\/builds\/(\w+)\/attempts\/(\d+)\/(\w+)$/.exec(url.pathname) ?? [];
    const attempt = this.attempts.get(`${id}/${number}`);
    if (attempt?.current !== true) return json({ reason: { code: 'attempt_over' } }, 410);
    if (route === 'watch') {
      attempt.watchers.add(response);
      response.on('close', () => attempt.watchers.delete(response));
      response.write('{"event":"alive"}\n');
    } else if (route === 'tree') {
      response.end(await treeBytes(attempt.files));
    } else if (route === 'secrets') json(attempt.secrets);
    else if (route === 'log') {
      const offset = Number(url.searchParams.get('offset'));
      if (offset <= attempt.log.length) {
        attempt.log = Buffer.concat([attempt.log, body.subarray(attempt.log.length - offset)]);
      }
      json({ received: attempt.log.length });
    } else if (route === 'stage') {
      attempt.stages.push((JSON.parse(body.toString()) as { stage: string }).stage);
      json({});
    } else if (route === 'tested') json({ ranInBuild: 38 });
    else if (route === 'finish') {
      attempt.finishes.push(JSON.parse(body.toString()) as Finish);
      json({});
    } else json({}, 404);
  }
}
