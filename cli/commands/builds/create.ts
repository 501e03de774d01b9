import { define, flag, text, value } from '../../command.ts';
import { followBuild } from '../../follow/follow.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'Build a commit again and make it live, as a push would',
  details:
    'Without --commit: the commit that was live last; with --from-source what the branch of the linked repository is at. Follows the build; Ctrl-C stops the following only.',
  examples: [
    'builds:create',
    'builds:create --no-cache --detach',
    'builds:create --now',
    'builds:create --from-source --ref v2',
  ],
  json: 'Build',
  arguments: {},
  options: {
    commit: value('--commit <id>', 'the full id of a commit that was pushed', commitId, undefined),
    fromSource: flag('--from-source', 'fetch from the linked repository first'),
    ref: text('--ref <name>', 'a branch or a tag of the linked repository'),
    noCache: flag('--no-cache', 'run every step of the Dockerfile again'),
    now: flag('--now', 'live as soon as it is healthy, without a canary'),
    detach: flag('--detach', 'end once it is accepted'),
  },
  async run(context, { commit, fromSource, ref, noCache, now, detach }) {
    const { out } = context;
    const app = await context.app();
    const fetches = fromSource || ref !== undefined;
    const body = {
      noCache,
      now,
      ...(commit === undefined ? {} : { commit }),
      ...(fetches ? { fetch: ref === undefined ? {} : { ref } } : {}),
    };
    const api = await context.api();
    const build = await context.waiting(
      fetches ? 'Fetching from the linked repository' : 'Asking for a build',
      () => api.call('createBuild', { params: { app }, body }),
    );
    if (!detach && !context.json) return followBuild(context, app, build);
    out.show(build, () => {
      out.result(`Build ${build.number} of ${build.commit.slice(0, 8)} is ${build.state}`);
      out.detail(`Follow: ${typeNext(context, `builds:log ${build.number} -f`)}`);
    });
  },
});

function commitId(written: string): string {
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(written))
    throw new Error('a commit is named by its full id (git rev-parse HEAD)');
  return written;
}
