import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { HookWithSecret } from '../../../../core/contracts/resources.ts';
import type { HookKind } from '../../../../core/hooks/wish.ts';
import { type GitHttpServer, startGitHttpServer } from '../../../e2e/tree/git-http-server.ts';
import { TestRepository } from '../../../e2e/tree/repository.ts';
import { DOCKERFILE, HookedServer } from './hooked-server.ts';
import { githubPush, gitlabPush } from './payloads.ts';
import { asGithub, send, stamped, type Told } from './sender.ts';

/** A message as its sender makes it. */
export interface Message {
  readonly event?: string;
  readonly body: unknown;
  /** Of the sender, for those that sign one. */
  readonly id?: string;
}

/** A hook of an app that is linked to a repository of a git host, and who sends messages to it. */
export class HookedRepository {
  readonly kind: HookKind;
  readonly hooked: HookedServer;
  readonly hook: HookWithSecret;
  readonly repository: TestRepository;
  readonly host: GitHttpServer;
  /** What a name resolves to. */
  readonly names: Record<string, string[]>;
  /** May answer for the git host. */
  answer: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  #ids = 0;

  private constructor(
    kind: HookKind,
    [hooked, hook]: readonly [HookedServer, HookWithSecret],
    [repository, host]: readonly [TestRepository, GitHttpServer],
    names: Record<string, string[]>,
  ) {
    [this.kind, this.hooked, this.hook, this.repository, this.host] = [kind, hooked, hook, repository, host];
    this.names = names;
  }

  static async start(kind: HookKind): Promise<HookedRepository> {
    const root = mkdtempSync(join(tmpdir(), 'sluice-hooked-'));
    mkdirSync(join(root, 'acme'));
    const repository = new TestRepository();
    symlinkSync(repository.path, join(root, 'acme', 'shop.git'));
    const host = await startGitHttpServer(root, (...exchange) => made?.answer?.(...exchange) ?? false);
    onTestFinished(async () => {
      await host[Symbol.asyncDispose]();
      repository[Symbol.dispose]();
      rmSync(root, { recursive: true, force: true });
    });
    const names: Record<string, string[]> = {};
    const hooked = await HookedServer.start(
      { SLUICE_PRIVATE_HOSTS: host.origin },
      { resolve: async (name) => names[name] ?? [] },
    );
    const made: HookedRepository | undefined = new HookedRepository(
      kind,
      [hooked, await hooked.hook(kind)],
      [repository, host],
      names,
    );
    made.link(`${host.origin}/acme/shop.git`);
    return made;
  }

  /** As it stands in the journal, whatever its address has become since it was linked. */
  link(url: string): void {
    const { server, app } = this.hooked;
    server.context.store.linkedRepositories.put({
      app_id: app.id,
      url,
      branch: null,
      provider: null,
      public_key: null,
      host_keys: null,
      secrets: {},
      person_id: server.alice.id,
    });
  }

  commit(files: Record<string, string> = {}): string {
    return this.repository.commit({ ...DOCKERFILE, ...files });
  }

  get path(): string {
    return this.hooked.pathOf(this.hook);
  }

  /** That this commit is where the branch is now. */
  pushOf(commit: string, change: Record<string, unknown> = {}): Message {
    if (this.kind === 'github') return { event: 'push', body: githubPush({ after: commit, ...change }) };
    if (this.kind === 'gitlab') {
      return { event: 'Push Hook', body: gitlabPush({ after: commit, checkout_sha: commit, ...change }) };
    }
    return { body: { sha: commit, ...change } };
  }

  /** The headers that its sender gives a body. */
  signed(
    body: string,
    { event = '', id }: { event?: string | undefined; id?: string | undefined } = {},
    secret = this.hook.secret,
  ): Record<string, string> {
    if (this.kind === 'github') return asGithub(secret, event, body, id);
    const named = event === '' ? {} : { 'x-gitlab-event': event };
    return { ...named, ...stamped(secret, body, { id: id ?? `msg_${++this.#ids}` }) };
  }

  async tell({ event, body, id }: Message): Promise<Told> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return send(this.hooked.port, this.path, text, this.signed(text, { event, id }));
  }

  /** How many builds there have been. */
  builds(): number {
    const { server, app } = this.hooked;
    return server.context.store.builds.newestNumber(app.id);
  }
}
