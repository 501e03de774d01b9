import { failureScreen } from '../../../core/failure/screen.ts';
import { define, optional } from '../../command.ts';
import { buildNumber } from '../../numbers.ts';
import { typeNext } from '../../hints.ts';
import { buildOrNewest } from './newest.ts';

export const command = define({
  summary: 'One build, and why it failed; the newest unless you name one',
  examples: ['builds:show', 'builds:show 41'],
  json: 'Build',
  arguments: { number: optional('number', 'such as 41', buildNumber) },
  options: {},
  async run(context, { number }) {
    const { out } = context;
    const app = await context.app();
    const params = { app, number: await buildOrNewest(context, app, number) };
    const build = await (await context.api()).call('getBuild', { params });
    out.show(build, () => {
      out.facts([
        ['Build', String(build.number)],
        ['State', build.state],
        ['Commit', build.commit],
        ['Branch', build.branch],
        ['By', `${build.person} (${build.source})`],
        ['Note', build.note],
        ['Attempt', build.attempt > 1 ? String(build.attempt) : undefined],
        ['Release', build.release === undefined ? undefined : `v${build.release}`],
        ['Superseded by', build.supersededBy === undefined ? undefined : `build ${build.supersededBy}`],
        ['Made', out.time(build.createdAt)],
        ['Started', build.startedAt && out.time(build.startedAt)],
        ['Ended', build.finishedAt && out.time(build.finishedAt)],
        ['Log', typeNext(context, `builds:log ${build.number}`)],
      ]);
      if (build.reason) out.screen(failureScreen({ ...build, build: build.number }, build.reason));
    });
  },
});
