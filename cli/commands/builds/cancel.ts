import { define, optional } from '../../command.ts';
import { buildNumber } from '../../numbers.ts';
import { buildOrNewest } from './newest.ts';

export const command = define({
  summary: 'Cancel a build or its rollout; the newest unless you name one',
  examples: ['builds:cancel', 'builds:cancel 41'],
  json: 'Build',
  arguments: { number: optional('number', 'such as 41', buildNumber) },
  options: {},
  async run(context, { number }) {
    const { out } = context;
    const app = await context.app();
    const params = { app, number: await buildOrNewest(context, app, number) };
    const build = await (await context.api()).call('cancelBuild', { params });
    out.show(build, () => {
      out.result(
        build.state === 'cancelled'
          ? `Build ${build.number} is cancelled`
          : `Build ${build.number} is being cancelled`,
      );
      out.detail('What is live stays live');
    });
  },
});
