import { expect, test } from 'vitest';
import { messageOf } from '../../../core/hooks/message.ts';
import type { HookKind } from '../../../core/hooks/wish.ts';
import { Refusal } from '../../../core/reason.ts';
import {
  githubPing,
  githubPush,
  githubRelease,
  githubWorkflowRun,
  gitlabPipeline,
  gitlabPush,
  ofFork,
  SHA,
} from './support/payloads.ts';

const DIGEST = `sha256:${'c'.repeat(64)}`;
const MAIN = { deploy: { commit: SHA, ref: 'refs/heads/main' } };

interface Row {
  readonly what: string;
  readonly kind: HookKind;
  readonly event?: string;
  readonly body: unknown;
  readonly branch?: string;
  /** What it asks for, or the code by which it is ignored. */
  readonly wish: object | string;
}

const rows: Row[] = [
  { what: 'a push to the branch', kind: 'github', event: 'push', body: githubPush(), wish: MAIN },
  {
    what: 'a push to another branch',
    kind: 'github',
    event: 'push',
    body: githubPush({ ref: 'refs/heads/tea' }),
    wish: 'other_branch',
  },
  {
    what: 'a push to the branch that the hook names',
    kind: 'github',
    event: 'push',
    branch: 'release/1.x',
    body: githubPush({ ref: 'refs/heads/release/1.x' }),
    wish: { deploy: { commit: SHA, ref: 'refs/heads/release/1.x' } },
  },
  {
    what: 'a tag',
    kind: 'github',
    event: 'push',
    body: githubPush({ ref: 'refs/tags/v2' }),
    wish: 'not_a_branch',
  },
  {
    what: 'a branch of the same name elsewhere',
    kind: 'github',
    event: 'push',
    body: githubPush({ ref: 'refs/pull/1/heads/main' }),
    wish: 'not_a_branch',
  },
  {
    what: 'a branch that was deleted',
    kind: 'github',
    event: 'push',
    body: githubPush({ deleted: true, after: '0'.repeat(40), head_commit: null }),
    wish: 'branch_deleted',
  },
  {
    what: 'a commit that asks to be skipped',
    kind: 'github',
    event: 'push',
    body: githubPush({ head_commit: { id: SHA, message: 'Fix a typo [skip ci]' } }),
    wish: 'skip_asked',
  },
  {
    what: 'a workflow that passed',
    kind: 'github',
    event: 'workflow_run',
    body: githubWorkflowRun(),
    wish: MAIN,
  },
  {
    what: 'a workflow that failed',
    kind: 'github',
    event: 'workflow_run',
    body: githubWorkflowRun({ conclusion: 'failure' }),
    wish: 'not_successful',
  },
  {
    what: 'a workflow that begins',
    kind: 'github',
    event: 'workflow_run',
    body: githubWorkflowRun({ conclusion: null }, 'requested'),
    wish: 'not_completed',
  },
  {
    what: 'a workflow of another branch',
    kind: 'github',
    event: 'workflow_run',
    body: githubWorkflowRun({ head_branch: 'tea' }),
    wish: 'other_branch',
  },
  {
    what: "a workflow of a fork's pull request, from its branch main",
    kind: 'github',
    event: 'workflow_run',
    body: githubWorkflowRun(ofFork),
    wish: 'pull_request',
  },
  {
    what: 'a workflow of a fork, whatever event it names',
    kind: 'github',
    event: 'workflow_run',
    body: githubWorkflowRun({ ...ofFork, event: 'push' }),
    wish: 'pull_request',
  },
  {
    what: 'a release',
    kind: 'github',
    event: 'release',
    body: githubRelease(),
    wish: { deploy: { ref: 'refs/tags/v2.1.0' } },
  },
  {
    what: 'a pre-release',
    kind: 'github',
    event: 'release',
    body: githubRelease({ prerelease: true }),
    wish: 'pre_release',
  },
  {
    what: 'a release that is edited',
    kind: 'github',
    event: 'release',
    body: githubRelease({}, 'edited'),
    wish: 'not_published',
  },
  { what: 'a ping', kind: 'github', event: 'ping', body: githubPing, wish: 'ping' },
  { what: 'an event that deploys nothing', kind: 'github', event: 'star', body: {}, wish: 'event_unknown' },
  { what: 'no name of an event', kind: 'github', body: githubPush(), wish: 'event_unknown' },
  { what: 'a push', kind: 'gitlab', event: 'Push Hook', body: gitlabPush(), wish: MAIN },
  {
    what: 'a branch that was deleted',
    kind: 'gitlab',
    event: 'Push Hook',
    body: gitlabPush({ after: '0'.repeat(40), checkout_sha: null, commits: [] }),
    wish: 'branch_deleted',
  },
  {
    what: 'a commit that asks to be skipped',
    kind: 'gitlab',
    event: 'Push Hook',
    body: gitlabPush({ commits: [{ id: SHA, message: 'Typo [ci skip]\n' }] }),
    wish: 'skip_asked',
  },
  {
    what: 'a tag',
    kind: 'gitlab',
    event: 'Tag Push Hook',
    body: gitlabPush({ object_kind: 'tag_push', ref: 'refs/tags/v2' }),
    wish: 'not_a_branch',
  },
  {
    what: 'a pipeline that passed',
    kind: 'gitlab',
    event: 'Pipeline Hook',
    body: gitlabPipeline(),
    wish: MAIN,
  },
  {
    what: 'a pipeline that runs',
    kind: 'gitlab',
    event: 'Pipeline Hook',
    body: gitlabPipeline({ status: 'running' }),
    wish: 'not_successful',
  },
  {
    what: 'a pipeline of a tag named as the branch',
    kind: 'gitlab',
    event: 'Pipeline Hook',
    body: gitlabPipeline({ tag: true }),
    wish: 'not_a_branch',
  },
  {
    what: 'a pipeline of a merge request',
    kind: 'gitlab',
    event: 'Pipeline Hook',
    body: gitlabPipeline({ source: 'merge_request_event' }),
    wish: 'pull_request',
  },
  {
    what: 'a pipeline that names a merge request',
    kind: 'gitlab',
    event: 'Pipeline Hook',
    body: gitlabPipeline({}, { merge_request: { id: 1, source_branch: 'main' } }),
    wish: 'pull_request',
  },
  {
    what: 'an event that deploys nothing',
    kind: 'gitlab',
    event: 'Note Hook',
    body: { object_kind: 'note' },
    wish: 'event_unknown',
  },
  { what: 'a ref', kind: 'generic', body: { ref: 'main' }, wish: { deploy: { ref: 'main' } } },
  { what: 'a commit', kind: 'generic', body: { sha: SHA }, wish: { deploy: { commit: SHA } } },
  {
    what: 'an image',
    kind: 'generic',
    body: { image: `ghcr.io/acme/shop:v2@${DIGEST}` },
    wish: { image: `ghcr.io/acme/shop@${DIGEST}` },
  },
];

test.each(rows)('$kind: $what', ({ kind, event, body, branch = 'main', wish }) => {
  const message = messageOf(kind, headers(kind, event), bytes(body), { branch });
  if (typeof wish === 'string') expect(message.wish).toMatchObject({ ignored: { code: wish } });
  else expect(message.wish).toEqual(wish);
});

const refused: [what: string, kind: HookKind, event: string | undefined, body: unknown, code: string][] = [
  ['no JSON', 'github', 'push', Buffer.from('{'), 'hook_body_not_json'],
  ['no UTF-8', 'generic', undefined, Buffer.from([0x22, 0xff, 0x22]), 'hook_body_not_json'],
  ['another event than it says', 'github', 'push', githubRelease(), 'hook_body_invalid'],
  ['a commit that is none', 'github', 'push', githubPush({ after: 'main' }), 'hook_body_invalid'],
  ['a branch that is an option', 'generic', undefined, { ref: '--upload-pack=x' }, 'hook_body_invalid'],
  ['a branch that climbs', 'generic', undefined, { ref: 'a/../b' }, 'hook_body_invalid'],
  ['a branch with a line feed', 'generic', undefined, { ref: 'main\nx' }, 'hook_body_invalid'],
  ['a short commit', 'generic', undefined, { sha: SHA.slice(0, 8) }, 'hook_body_invalid'],
  ['nothing', 'generic', undefined, {}, 'hook_body_invalid'],
  ['two at once', 'generic', undefined, { sha: SHA, ref: 'main' }, 'hook_body_invalid'],
  ['a list', 'generic', undefined, [], 'hook_body_invalid'],
  ['a tag of an image', 'generic', undefined, { image: 'ghcr.io/acme/shop:v2' }, 'image_without_digest'],
  ['no tag of an image', 'generic', undefined, { image: 'shop' }, 'image_without_digest'],
  ['a digest cut short', 'generic', undefined, { image: 'a/b@sha256:abc' }, 'image_invalid'],
  ['an address', 'generic', undefined, { image: `https://a.b/c@${DIGEST}` }, 'image_invalid'],
  ['an option', 'generic', undefined, { image: `--all@${DIGEST}` }, 'image_invalid'],
];

test.each(refused)('refused: %s (%s)', (_what, kind, event, body, code) => {
  const ask = (): unknown => messageOf(kind, headers(kind, event), bytes(body), { branch: 'main' });
  expect(ask).toThrow(Refusal);
  try {
    ask();
  } catch (error) {
    expect((error as Refusal).reason.code).toBe(code);
  }
});

test('a key that is not known is named', () => {
  const ask = (): unknown =>
    messageOf('generic', headers('generic'), bytes({ ref: 'main', force: true }), { branch: 'main' });
  expect(ask).toThrow(
    expect.objectContaining({
      reason: expect.objectContaining({ detail: [expect.stringContaining('"force"')] }),
    }),
  );
});

test("GitHub's form, which its settings offer first, is the same message", () => {
  const form = Buffer.from(new URLSearchParams({ payload: JSON.stringify(githubPush()) }).toString());
  const header = (name: string): string | undefined =>
    ({ 'x-github-event': 'push', 'content-type': 'application/x-www-form-urlencoded' })[name];
  expect(messageOf('github', header, form, { branch: 'main' }).wish).toEqual(MAIN);
});

function headers(kind: HookKind, event?: string): (name: string) => string | undefined {
  const name = kind === 'github' ? 'x-github-event' : 'x-gitlab-event';
  return (asked) => (asked === name ? event : undefined);
}

function bytes(body: unknown): Uint8Array {
  return Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
}
