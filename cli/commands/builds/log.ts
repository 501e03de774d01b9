import { define, flag, optional } from '../../command.ts';
import { followBuild, showBuildLog } from '../../follow/follow.ts';
import { buildNumber } from '../../numbers.ts';
import { buildOrNewest } from './newest.ts';

export const command = define({
  summary: 'The log of a build; the newest unless you name one',
  details:
    'With -f it goes on until the build and its rollout have ended, then exits by the verdict: 0 live, 1 not.',
  examples: ['builds:log 41', 'builds:log -f'],
  json: '{line} a line; with -f {build, release} is the last: Build, ReleaseDetail',
  arguments: { number: optional('number', 'such as 41', buildNumber) },
  options: { follow: flag('-f, --follow', 'until the verdict') },
  async run(context, { number, follow }) {
    const app = await context.app();
    const build = await buildOrNewest(context, app, number);
    await (follow ? followBuild(context, app, { number: build }) : showBuildLog(context, app, build));
  },
});
