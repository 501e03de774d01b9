import { z } from 'zod';
import { BRANCH, pushed } from './push.ts';
import {
  Commit,
  type Filter,
  type HeaderOf,
  ignored,
  type Message,
  otherBranch,
  RefName,
  shaped,
  unknownEvent,
  type Wish,
} from './wish.ts';

/** Events of https://docs.github.com/en/webhooks/webhook-events-and-payloads; only what is used of them. */
const Push = z.object({
  ref: RefName,
  after: z.string(),
  deleted: z.boolean().default(false),
  head_commit: z.object({ message: z.string() }).nullish(),
});
const Repository = z.object({ full_name: z.string() });
const WorkflowRun = z.object({
  action: z.string(),
  repository: Repository,
  workflow_run: z.object({
    name: z.string().nullish(),
    event: z.string(),
    conclusion: z.string().nullish(),
    head_branch: z.string().nullish(),
    head_sha: z.string(),
    head_repository: Repository.nullish(),
  }),
});
const Release = z.object({
  action: z.string(),
  release: z.object({
    tag_name: RefName,
    draft: z.boolean().default(false),
    prerelease: z.boolean().default(false),
  }),
});

/** Runs of a pull request run code that nobody has merged. */
const OF_A_PULL_REQUEST = new Set(['pull_request', 'pull_request_target', 'pull_request_review']);

export function githubMessage(header: HeaderOf, body: unknown, filter: Filter): Message {
  // GitHub does not sign its name of the event, so a body must also have that event's shape.
  const event = header('x-github-event') ?? '';
  return { event: event.slice(0, 100), wish: wishOf(event, body, filter) };
}

function wishOf(event: string, body: unknown, filter: Filter): Wish {
  switch (event) {
    case 'push':
      return ofPush(shaped(Push, event, body), filter);
    case 'workflow_run':
      return ofWorkflowRun(shaped(WorkflowRun, event, body), filter);
    case 'release':
      return ofRelease(shaped(Release, event, body));
    case 'ping':
      return ignored('ping', 'GitHub reaches this hook, and its secret is right');
    default:
      return unknownEvent(event, 'X-GitHub-Event', 'push, workflow_run or release');
  }
}

function ofPush({ ref, after, deleted, head_commit: head }: z.infer<typeof Push>, filter: Filter): Wish {
  return pushed(ref, deleted ? undefined : after, head?.message ?? '', filter);
}

function ofWorkflowRun(
  { action, repository, workflow_run: run }: z.infer<typeof WorkflowRun>,
  filter: Filter,
): Wish {
  const name = `the workflow ${(run.name ?? '').slice(0, 100)}`;
  if (action !== 'completed') return ignored('not_completed', `${name} has not ended yet: ${action}`);
  // A fork's branch can have any name, `main` too, and its commit is its author's.
  const home = run.head_repository?.full_name;
  if (OF_A_PULL_REQUEST.has(run.event) || (home !== undefined && home !== repository.full_name)) {
    return ignored('pull_request', `${name} ran for a pull request, whose commit is not merged`);
  }
  if (run.head_branch !== filter.branch) return otherBranch(`branch ${run.head_branch ?? '(none)'}`, filter);
  if (run.conclusion !== 'success')
    return ignored('not_successful', `${name} ended as ${run.conclusion ?? 'unknown'}`);
  return {
    deploy: {
      commit: shaped(Commit, 'workflow_run', run.head_sha),
      ref: shaped(RefName, 'workflow_run', `${BRANCH}${filter.branch}`),
    },
  };
}

function ofRelease({ action, release }: z.infer<typeof Release>): Wish {
  const tag = release.tag_name;
  if (action !== 'published')
    return ignored('not_published', `release ${tag}: ${action}; only published ones are deployed`);
  if (release.draft || release.prerelease)
    return ignored('pre_release', `release ${tag} is a draft or a pre-release`);
  return { deploy: { ref: `refs/tags/${tag}` } };
}
