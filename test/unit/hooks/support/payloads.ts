/** Messages as GitHub and GitLab send them, cut down to what tells them apart. */
export const SHA = '4f2a9c81d7e35b06'.padEnd(40, '1');
const BEFORE = '0b13cd24'.padEnd(40, '2');
const FORK = 'deadbeef'.padEnd(40, '3');

const repository = {
  id: 7_310_041,
  full_name: 'acme/shop',
  private: true,
  clone_url: 'https://github.com/acme/shop.git',
  default_branch: 'main',
  pushed_at: 1_795_000_000,
};
const sender = { login: 'alice', id: 501, type: 'User' };

export function githubPush(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ref: 'refs/heads/main',
    before: BEFORE,
    after: SHA,
    created: false,
    deleted: false,
    forced: false,
    base_ref: null,
    compare: 'https://github.com/acme/shop/compare/0b13cd24...4f2a9c81',
    commits: [
      {
        id: SHA,
        message: 'Sell tea, too',
        timestamp: '2026-11-21T09:30:00+01:00',
        author: { name: 'Alice', email: 'alice@example.com' },
        added: ['tea.js'],
        modified: [],
        removed: [],
      },
    ],
    head_commit: { id: SHA, message: 'Sell tea, too', timestamp: '2026-11-21T09:30:00+01:00' },
    repository,
    pusher: { name: 'alice', email: 'alice@example.com' },
    sender,
    ...change,
  };
}

export function githubWorkflowRun(
  change: Record<string, unknown> = {},
  action = 'completed',
): Record<string, unknown> {
  return {
    action,
    workflow_run: {
      id: 9_120_001,
      name: 'CI',
      event: 'push',
      status: 'completed',
      conclusion: 'success',
      head_branch: 'main',
      head_sha: SHA,
      run_attempt: 1,
      html_url: 'https://github.com/acme/shop/actions/runs/9120001',
      head_repository: { id: 7_310_041, full_name: 'acme/shop', fork: false },
      ...change,
    },
    workflow: { id: 12, name: 'CI', path: '.github/workflows/ci.yml' },
    repository,
    sender,
  };
}

/** Of a pull request from the fork's own `main`, with a commit of its author. */
export const ofFork = {
  event: 'pull_request',
  head_sha: FORK,
  head_repository: { id: 99, full_name: 'mallory/shop', fork: true },
};

export function githubRelease(
  change: Record<string, unknown> = {},
  action = 'published',
): Record<string, unknown> {
  return {
    action,
    release: {
      id: 44,
      tag_name: 'v2.1.0',
      target_commitish: 'main',
      name: 'Tea',
      draft: false,
      prerelease: false,
      published_at: '2026-11-21T09:31:00Z',
      ...change,
    },
    repository,
    sender,
  };
}

export const githubPing = { zen: 'Keep it logically awesome.', hook_id: 31, hook: { type: 'Repository' } };

export function gitlabPush(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    object_kind: 'push',
    event_name: 'push',
    before: BEFORE,
    after: SHA,
    ref: 'refs/heads/main',
    ref_protected: true,
    checkout_sha: SHA,
    user_username: 'alice',
    project_id: 15,
    project: { path_with_namespace: 'acme/shop', git_http_url: 'https://gitlab.example/acme/shop.git' },
    commits: [{ id: SHA, message: 'Sell tea, too\n', timestamp: '2026-11-21T09:30:00+01:00' }],
    total_commits_count: 1,
    ...change,
  };
}

export function gitlabPipeline(
  change: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    object_kind: 'pipeline',
    object_attributes: {
      id: 3_104,
      iid: 12,
      ref: 'main',
      tag: false,
      sha: SHA,
      before_sha: BEFORE,
      source: 'push',
      status: 'success',
      detailed_status: 'passed',
      stages: ['test'],
      ...change,
    },
    merge_request: null,
    user: { username: 'alice' },
    project: { path_with_namespace: 'acme/shop' },
    ...more,
  };
}
