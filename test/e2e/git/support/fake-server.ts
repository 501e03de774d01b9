import { execFileSync } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isFake } from '../../../support/answers/tap.ts';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  AcceptPush,
  Authenticate,
  Authorize,
  type Authorized,
  type Verdict,
} from '../../../../core/contracts/internal.ts';
import { reason, type Reason } from '../../../../core/reason.ts';

/** One build of the stand-in: its log grows and its verdict comes when a test says so. */
class ScriptedBuild {
  readonly id: string;
  readonly number: number;
  readonly push: AcceptPush;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #readers = new Set<() => void>();
  verdict: Verdict;

  constructor(number: number, push: AcceptPush) {
    this.number = number;
    this.id = `build0000000${String(number).padStart(4, '0')}`;
    this.push = push;
    this.verdict = {
      ended: false,
      ok: false,
      build: { number, state: 'testing' },
      url: 'http://hello.localhost:8080',
    };
  }

  /** Bytes. */
  get length(): number {
    return this.#length;
  }

  /** At most one chunk from an offset on. */
  read(offset: number): Buffer {
    let start = 0;
    for (const chunk of this.#chunks) {
      if (offset < start + chunk.length) return chunk.subarray(offset - start, offset - start + 64 * 1024);
      start += chunk.length;
    }
    return Buffer.alloc(0);
  }

  say(text: string): void {
    this.#chunks.push(Buffer.from(text));
    this.#length += Buffer.byteLength(text);
    this.wake();
  }

  end(verdict: Partial<Verdict>): void {
    this.verdict = { ...this.verdict, ...verdict, ended: true };
    this.wake();
  }

  onChange(reader: () => void): () => void {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  wake(): void {
    for (const reader of this.#readers) reader();
  }
}

export interface FakeApp {
  readonly id: string;
  readonly name: string;
  readonly repository: string;
  deployBranch: string;
  limits: Authorized['limits'];
}

/**
 * Stands in for the server: the internal contract over a unix socket, with real bare repositories. It decides nothing
 * that the SSH front should.
 */
export class FakeServer {
  readonly #socketPath: string;
  readonly people = new Map<string, { id: string; name: string }>();
  readonly apps = new Map<string, FakeApp>();
  readonly builds: ScriptedBuild[] = [];
  readonly authentications: string[] = [];
  /** Requests under /v1 that reached the server. */
  readonly seen: {
    method: string;
    url: string;
    person: string[];
    headers: NodeJS.Dict<string[]>;
    body: string;
  }[] = [];
  /** Answers pushes instead of accepting them. */
  refusePush: { status: number; reason: Reason } | undefined;
  /** Called with each accepted build. */
  onBuild: (build: ScriptedBuild) => void = () => undefined;
  /** Serves /v1. */
  onApi: (request: IncomingMessage, answer: ServerResponse) => void = (_, answer) => answer.end('{}');
  #http: Server | undefined;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    mkdirSync(dirname(socketPath), { recursive: true });
  }

  async start(): Promise<void> {
    const http = createServer((request, answer) => {
      this.#serve(request, answer).catch((error: unknown) => {
        if (answer.headersSent) answer.destroy();
        else answer.writeHead(500).end(String(error));
      });
    });
    isFake(http);
    http.on('upgrade', (request, socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n');
      socket.write(`person=${request.headersDistinct['x-sluice-person']?.join() ?? ''}\n`);
      socket.pipe(socket);
    });
    rmSync(this.#socketPath, { force: true });
    await new Promise<void>((resolve) => http.listen(this.#socketPath, resolve));
    this.#http = http;
  }

  /** Dies as a killed process does: every connection breaks. */
  async stop(): Promise<void> {
    const http = this.#http;
    if (http === undefined) return;
    this.#http = undefined;
    http.closeAllConnections();
    await new Promise<void>((resolve) => http.close(() => resolve()));
  }

  addApp(name: string, repository: string, limits: Partial<Authorized['limits']> = {}): FakeApp {
    execFileSync('git', ['init', '-q', '--bare', '-b', 'main', repository]);
    const app = {
      id: `app000000${String(this.apps.size).padStart(4, '0')}`,
      name,
      repository,
      deployBranch: 'main',
      limits: { packBytes: 200_000_000, expandedBytes: 500_000_000, entries: 50_000, ...limits },
    };
    this.apps.set(name, app);
    return app;
  }

  /** What the controller does when a release is live: the branch follows. */
  makeLive(build: ScriptedBuild): void {
    const app = [...this.apps.values()].find(({ id }) => id === build.push.appId);
    if (app === undefined) throw new Error('no such app');
    git(app.repository, 'update-ref', `refs/heads/${app.deployBranch}`, build.push.commit);
    build.end({
      ok: true,
      build: { number: build.number, state: 'succeeded' },
      release: { number: build.number, rollout: 'live' },
      live: { release: build.number, commit: build.push.commit },
    });
  }

  async #serve(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://server');
    if (!url.pathname.startsWith('/internal/')) {
      const entry = {
        method: request.method ?? '',
        url: request.url ?? '',
        person: request.headersDistinct['x-sluice-person'] ?? [],
        headers: request.headersDistinct,
        body: '',
      };
      this.seen.push(entry);
      request.on('data', (chunk: Buffer) => (entry.body += chunk.toString()));
      this.onApi(request, answer);
      return;
    }
    const body = request.method === 'POST' ? (JSON.parse(await bodyOf(request)) as unknown) : undefined;
    switch (url.pathname) {
      case '/internal/ssh/authenticate': {
        const { key } = Authenticate.parse(body);
        this.authentications.push(key);
        const person = this.people.get(key);
        if (person === undefined) return problem(answer, 401, reason('key_unknown', 'Nobody has this key.'));
        return json(answer, 200, { person, fingerprint: 'SHA256:test' });
      }
      case '/internal/ssh/authorize': {
        const asked = Authorize.parse(body);
        const app = this.apps.get(asked.app);
        if (app === undefined) {
          const hint = `Make it: sluice apps:create ${asked.app}`;
          return problem(answer, 404, reason('app_not_found', `There is no app "${asked.app}".`, hint));
        }
        if (app.name === 'secret') {
          const hint = 'Ask an owner: sluice access';
          return problem(answer, 403, reason('role_too_low', 'You may not push to "secret".', hint));
        }
        const { id, name, repository, deployBranch, limits } = app;
        return json(answer, 200, { app: { id, name }, repository, deployBranch, limits });
      }
      case '/internal/pushes':
        return this.#accept(AcceptPush.parse(body), answer);
    }
    const [, id, what] = /^\/internal\/builds\/([^/]+)\/(log|verdict)$/.exec(url.pathname) ?? [];
    const build = this.builds.find((one) => one.id === id);
    if (build === undefined)
      return problem(answer, 404, reason('build_not_found', 'There is no such build.'));
    if (what === 'verdict') return json(answer, 200, build.verdict);
    return followLog(build, Number(url.searchParams.get('offset')), answer);
  }

  #accept(push: AcceptPush, answer: ServerResponse): void {
    if (this.refusePush !== undefined) return problem(answer, this.refusePush.status, this.refusePush.reason);
    const known = this.builds.find(
      ({ push: { commit }, verdict }) => commit === push.commit && !verdict.ended,
    );
    if (known !== undefined) {
      return json(answer, 200, { build: { id: known.id, number: known.number }, attached: true });
    }
    const build = new ScriptedBuild(this.builds.length + 1, push);
    const app = [...this.apps.values()].find(({ id }) => id === push.appId);
    if (app === undefined) return problem(answer, 404, reason('app_not_found', 'There is no such app.'));
    git(app.repository, 'update-ref', `refs/sluice/builds/${build.number}`, push.commit);
    this.builds.push(build);
    build.say(`-----> Build ${build.number}\n`);
    json(answer, 201, { build: { id: build.id, number: build.number }, attached: false });
    this.onBuild(build);
  }
}

/** Bytes from an offset on, as fast as the reader takes them, until the build has ended. */
function followLog(build: ScriptedBuild, from: number, answer: ServerResponse): void {
  let offset = from;
  let full = false;
  answer.writeHead(200, { 'content-type': 'application/octet-stream' });
  answer.flushHeaders();
  const send = (): void => {
    if (full) return;
    while (offset < build.length) {
      const chunk = build.read(offset);
      offset += chunk.length;
      if (!answer.write(chunk)) {
        full = true;
        answer.once('drain', () => {
          full = false;
          send();
        });
        return;
      }
    }
    if (!build.verdict.ended) return;
    stop();
    answer.end();
  };
  const stop = build.onChange(send);
  answer.on('close', stop);
  send();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let all = '';
  for await (const chunk of request) all += String(chunk);
  return all;
}

function json(answer: ServerResponse, status: number, body: unknown): void {
  answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function problem(answer: ServerResponse, status: number, why: Reason): void {
  json(answer, status, { type: 'about:blank', title: why.message, status, reason: why });
}

export function git(repository: string, ...args: string[]): string {
  return execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' }).trim();
}
