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

/** Events of https://docs.gitlab.com/user/project/integrations/webhook_events/; only what is used of them. */
const Named = z.object({ object_kind: z.string().max(100) });
const Push = z.object({
  ref: RefName,
  after: z.string(),
  commits: z.array(z.object({ id: z.string(), message: z.string() })).default([]),
});
const Pipeline = z.object({
  object_attributes: z.object({
    status: z.string(),
    ref: z.string(),
    tag: z.boolean().default(false),
    sha: z.string(),
    source: z.string().nullish(),
  }),
  merge_request: z.unknown().optional(),
});

export function gitlabMessage(header: HeaderOf, body: unknown, filter: Filter): Message {
  // What the body says of itself is signed, where anything is; the header is not.
  const kind = Named.safeParse(body).data?.object_kind;
  const event = kind ?? header('x-gitlab-event') ?? '';
  return { event: event.slice(0, 100), wish: wishOf(event, body, filter) };
}

function wishOf(event: string, body: unknown, filter: Filter): Wish {
  switch (event) {
    case 'push':
      return ofPush(shaped(Push, event, body), filter);
    case 'pipeline':
      return ofPipeline(shaped(Pipeline, event, body), filter);
    case 'tag_push':
      return ignored('not_a_branch', 'it is about a tag: tags deploy nothing');
    default:
      return unknownEvent(event, 'an object_kind', 'push events or pipeline events');
  }
}

function ofPush({ ref, after, commits }: z.infer<typeof Push>, filter: Filter): Wish {
  const newest = commits.find(({ id }) => id === after)?.message ?? '';
  return pushed(ref, after, newest, filter);
}

function ofPipeline(
  { object_attributes: run, merge_request: mergeRequest }: z.infer<typeof Pipeline>,
  filter: Filter,
): Wish {
  // One of a merge request, perhaps of a fork, ran code that nobody has merged.
  const unmerged = run.source === 'merge_request_event' || run.source === 'external_pull_request_event';
  if (unmerged || (mergeRequest !== undefined && mergeRequest !== null)) {
    return ignored('pull_request', 'the pipeline ran for a merge request, whose commit is not merged');
  }
  if (run.tag) return ignored('not_a_branch', `the pipeline ran for the tag ${run.ref.slice(0, 100)}`);
  if (run.ref !== filter.branch) return otherBranch(`branch ${run.ref.slice(0, 100)}`, filter);
  if (run.status !== 'success') {
    return ignored('not_successful', `the pipeline is ${run.status.slice(0, 100)}, not successful`);
  }
  return {
    deploy: {
      commit: shaped(Commit, 'pipeline', run.sha),
      ref: shaped(RefName, 'pipeline', `${BRANCH}${run.ref}`),
    },
  };
}
