import { onTestFinished, test, expect, vi } from 'vitest';
import type { HookKind } from '../../../core/hooks/wish.ts';
import { startGitHttpServer } from '../../e2e/tree/git-http-server.ts';
import { githubRelease, githubWorkflowRun, gitlabPipeline } from './support/payloads.ts';
import { HookedRepository } from './support/hooked-repository.ts';
import { send, type Told } from './support/sender.ts';

const ALL: readonly HookKind[] = ['github', 'gitlab', 'generic'];
const HOSTS: readonly HookKind[] = ['github', 'gitlab'];
const NULL = '0'.repeat(40);
const MIB = 1024 * 1024;

/** What comes of it: how it is answered, then how its delivery ends, if it is one, and how many builds there are. */
interface Outcome {
  readonly status: number;
  /** Of the refusal. */
  readonly code?: string;
  readonly repeated?: boolean;
  readonly ends?: readonly ['done' | 'ignored' | 'failed', code?: string];
  readonly builds: number;
}

interface Row {
  readonly what: string;
  readonly by: readonly HookKind[];
  readonly send: (one: HookedRepository) => Promise<Told>;
  readonly outcome: Outcome | ((kind: HookKind) => Outcome);
}

const BUILT: Outcome = { status: 202, repeated: false, ends: ['done'], builds: 1 };
const WRONG: Outcome = { status: 401, code: 'hook_signature_wrong', builds: 0 };
const ignored = (code: string): Outcome => ({ status: 200, ends: ['ignored', code], builds: 0 });
const notFetched = (code: string): Outcome => ({ status: 202, ends: ['failed', code], builds: 0 });
const refused = (status: number, code: string): Outcome => ({ status, code, builds: 0 });

/** The push of a new commit, as bytes and the headers that go with them. */
function newPush(one: HookedRepository, id?: string): [body: string, headers: Record<string, string>] {
  const { event, body } = one.pushOf(one.commit());
  const text = JSON.stringify(body);
  return [text, one.signed(text, { event, id })];
}

const rows: Row[] = [
  {
    what: 'a push of a commit that must be fetched',
    by: ALL,
    send: async (one) => one.tell(one.pushOf(one.commit())),
    outcome: BUILT,
  },
  {
    what: 'the end of a run that passed',
    by: HOSTS,
    send: async (one) => {
      const sha = one.commit();
      return one.kind === 'github'
        ? one.tell({ event: 'workflow_run', body: githubWorkflowRun({ head_sha: sha }) })
        : one.tell({ event: 'Pipeline Hook', body: gitlabPipeline({ sha }) });
    },
    outcome: BUILT,
  },
  {
    what: 'a release',
    by: ['github'],
    send: async (one) => {
      one.repository.git(['update-ref', 'refs/tags/v2.1.0', one.commit()]);
      return one.tell({ event: 'release', body: githubRelease() });
    },
    outcome: BUILT,
  },

  // Who sends it.
  {
    what: 'a wrong signature',
    by: ALL,
    send: async (one) => {
      const [body] = newPush(one);
      const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
      return send(one.hooked.port, one.path, body, one.signed(body, { event: 'push' }, secret));
    },
    outcome: WRONG,
  },
  {
    what: 'no signature',
    by: ALL,
    send: async (one) => {
      const [body, headers] = newPush(one);
      const unsigned = Object.entries(headers).filter(([name]) => !name.includes('signature'));
      return send(one.hooked.port, one.path, body, Object.fromEntries(unsigned));
    },
    outcome: WRONG,
  },
  {
    what: 'a byte more than was signed',
    by: ALL,
    send: async (one) => {
      const [body, headers] = newPush(one);
      return send(one.hooked.port, one.path, `${body} `, headers);
    },
    outcome: WRONG,
  },
  {
    what: "another app's hook",
    by: ALL,
    send: async (one) => {
      await one.hooked.server.app('other');
      const made = await one.hooked.api('POST', '/v1/apps/other/hooks', { kind: one.kind });
      const [body, headers] = newPush(one);
      return send(one.hooked.port, new URL((made.body as { url: string }).url).pathname, body, headers);
    },
    outcome: WRONG,
  },
  {
    what: 'no hook of that name',
    by: ALL,
    send: async (one) => send(one.hooked.port, '/v1/hooks/0123456789abcdef', ...newPush(one)),
    outcome: WRONG,
  },
  {
    what: 'a wrong secret token',
    by: ['gitlab'],
    send: async (one) => {
      const [body] = newPush(one);
      return send(one.hooked.port, one.path, body, { 'x-gitlab-token': `${one.hook.secret}x` });
    },
    outcome: WRONG,
  },

  // What came before.
  {
    what: 'a repeat',
    by: ALL,
    send: async (one) => {
      const [body, headers] = newPush(one);
      await one.hooked.ended(await send(one.hooked.port, one.path, body, headers));
      return send(one.hooked.port, one.path, body, headers);
    },
    outcome: { status: 200, repeated: true, ends: ['done'], builds: 1 },
  },
  {
    what: 'a replay of what was overheard, an hour later',
    by: ALL,
    send: async (one) => {
      const [body, headers] = newPush(one);
      await one.hooked.ended(await send(one.hooked.port, one.path, body, headers));
      later(3_600_000);
      return send(one.hooked.port, one.path, body, headers);
    },
    // GitHub signs no time: what it has signed once is a repeat for ever.
    outcome: (kind) =>
      kind === 'github'
        ? { status: 200, repeated: true, ends: ['done'], builds: 1 }
        : { status: 400, code: 'hook_message_stale', builds: 1 },
  },
  {
    what: 'an old time stamp, the first time that it comes',
    by: ['gitlab', 'generic'],
    send: async (one) => {
      const [body, headers] = newPush(one);
      later(301_000);
      return send(one.hooked.port, one.path, body, headers);
    },
    outcome: refused(400, 'hook_message_stale'),
  },
  {
    what: 'the id of another message',
    by: ['gitlab', 'generic'],
    send: async (one) => {
      await one.hooked.ended(await send(one.hooked.port, one.path, ...newPush(one, 'msg_same')));
      return one.tell({ ...one.pushOf(one.commit({ other: 'yes' })), id: 'msg_same' });
    },
    outcome: { status: 409, code: 'delivery_id_used', builds: 1 },
  },
  {
    what: 'a branch that is pushed forth, back by force, and forth again',
    by: HOSTS,
    send: async (one) => {
      const first = one.commit();
      const second = one.commit({ more: 'yes' });
      const at = (commit: string, before: string, pushed_at: number) => {
        one.repository.git(['update-ref', 'refs/heads/main', commit]);
        const repository = { full_name: 'acme/shop', pushed_at };
        return one.tell(one.pushOf(commit, { before, forced: true, repository }));
      };
      await one.hooked.ended(await at(second, first, 1));
      await one.hooked.ended(await at(first, second, 2));
      return at(second, first, 3);
    },
    outcome: { ...BUILT, builds: 3 },
  },

  // What it looks like.
  {
    what: 'a body beyond 1 MiB',
    by: ALL,
    send: async (one) => one.tell({ event: 'push', body: 'x'.repeat(MIB + 1) }),
    outcome: refused(413, 'body_too_large'),
  },
  {
    what: 'no JSON',
    by: ALL,
    send: async (one) => one.tell({ event: one.kind === 'github' ? 'push' : 'Push Hook', body: '{"ref": ' }),
    outcome: refused(400, 'hook_body_not_json'),
  },
  {
    what: 'a form, of who sends none',
    by: ['gitlab', 'generic'],
    send: async (one) => {
      const body = new URLSearchParams({ payload: JSON.stringify(one.pushOf(one.commit()).body) }).toString();
      const headers = { ...one.signed(body), 'content-type': 'application/x-www-form-urlencoded' };
      return send(one.hooked.port, one.path, body, headers);
    },
    outcome: refused(400, 'hook_body_not_json'),
  },
  {
    what: 'a body of another event than it is said to be',
    by: ['github'],
    send: async (one) => one.tell({ event: 'push', body: githubRelease() }),
    outcome: refused(422, 'hook_body_invalid'),
  },
  {
    what: 'an image by its tag',
    by: ['generic'],
    send: async (one) => one.tell({ body: { image: 'ghcr.io/acme/shop:v2' } }),
    outcome: refused(422, 'image_without_digest'),
  },
  {
    what: 'an image of a host that no admin allows',
    by: ['generic'],
    send: async (one) => one.tell({ body: { image: `10.0.0.5:5000/shop@sha256:${'c'.repeat(64)}` } }),
    outcome: notFetched('image_host_refused'),
  },

  // What it asks for.
  {
    what: 'an event that deploys nothing',
    by: HOSTS,
    send: async (one) =>
      one.kind === 'github'
        ? one.tell({ event: 'star', body: { action: 'created' } })
        : one.tell({ event: 'Note Hook', body: { object_kind: 'note' } }),
    outcome: ignored('event_unknown'),
  },
  {
    what: 'another branch',
    by: HOSTS,
    send: async (one) => one.tell(one.pushOf(one.commit(), { ref: 'refs/heads/tea' })),
    outcome: ignored('other_branch'),
  },
  {
    what: 'a tag',
    by: HOSTS,
    send: async (one) => {
      const ref = 'refs/tags/main';
      const push = one.pushOf(
        one.commit(),
        one.kind === 'github' ? { ref } : { ref, object_kind: 'tag_push' },
      );
      return one.tell(one.kind === 'github' ? push : { ...push, event: 'Tag Push Hook' });
    },
    outcome: ignored('not_a_branch'),
  },
  {
    what: 'a deleted branch',
    by: HOSTS,
    send: async (one) => one.tell(one.pushOf(NULL, { deleted: true, checkout_sha: null, commits: [] })),
    outcome: ignored('branch_deleted'),
  },
  {
    what: 'a commit that nobody has',
    by: ALL,
    send: async (one) => {
      one.commit();
      return one.tell(one.pushOf('ab'.repeat(20)));
    },
    outcome: notFetched('commit_not_in_source'),
  },
  {
    what: 'a commit of a pull request, that no branch has',
    by: ALL,
    send: async (one) => {
      const base = one.commit();
      const strange = one.commit({ mine: 'yes' });
      one.repository.git(['update-ref', 'refs/pull/1/head', strange]);
      one.repository.git(['update-ref', 'refs/heads/main', base]);
      return one.tell(one.pushOf(strange));
    },
    outcome: notFetched('commit_not_in_source'),
  },

  // Where it leads: never to what is inside.
  {
    what: 'a source that redirects to a private address',
    by: ALL,
    send: async (one) => {
      const inside = await startGitHttpServer(one.repository.path);
      onTestFinished(async () => {
        expect(inside.asked).toEqual([]);
        await inside[Symbol.asyncDispose]();
      });
      one.answer = (request, response) => {
        response.writeHead(302, { location: `${inside.origin}${request.url ?? ''}` }).end();
        return true;
      };
      return one.tell(one.pushOf(one.commit()));
    },
    outcome: notFetched('source_refused'),
  },
  ...Object.entries({
    'a private address': ['10.0.0.1'],
    'this machine': ['127.0.0.1'],
    "the cloud's metadata": ['169.254.169.254'],
    'a public address and a private one': ['93.184.215.14', '192.168.1.1'],
    'a private address of IPv6': ['fd00::1'],
    'a private address in the clothes of IPv6': ['::ffff:10.0.0.1'],
  }).map(([what, addresses]): Row => ({
    what: `a source whose name resolves to ${what}`,
    by: ALL,
    send: async (one) => {
      one.names['git.example.com'] = addresses;
      one.link('https://git.example.com/acme/shop.git');
      return one.tell(one.pushOf(one.commit()));
    },
    outcome: notFetched('source_refused'),
  })),
];

test.each(rows.flatMap(({ by, ...row }) => by.map((kind) => ({ kind, ...row }))))(
  '$kind: $what',
  async ({ kind, send: sendTo, outcome }) => {
    const one = await HookedRepository.start(kind);
    const { status, code, repeated, ends, builds } = typeof outcome === 'function' ? outcome(kind) : outcome;
    const told = await sendTo(one);
    expect({ status: told.status, code: told.status < 300 ? undefined : told.body.reason?.code }).toEqual({
      status,
      code,
    });
    if (repeated !== undefined) expect(told.body['repeated']).toBe(repeated);
    if (ends !== undefined) {
      const delivery = await one.hooked.ended(told);
      expect([delivery.state, delivery.reason?.code]).toEqual([ends[0], ends[1]]);
      if (delivery.state === 'failed') expect(delivery.reason?.hint).not.toBe('');
    }
    expect(one.builds()).toBe(builds);
  },
);

/** What the server takes for now; its timers go on. */
function later(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });
  onTestFinished(() => void vi.useRealTimers());
}
