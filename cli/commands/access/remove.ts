import { argument, define } from '../../command.ts';

export const command = define({
  summary: "Take a person's role with an app",
  examples: ['access:remove bob'],
  json: '{app, removed}',
  arguments: { person: argument('person', 'as `sluice access` shows it') },
  options: {},
  async run(context, { person }) {
    const app = await context.app();
    await (await context.api()).call('removeMember', { params: { app, person } });
    context.out.show({ app, removed: person }, () =>
      context.out.result(`${person} has no role with ${app} any more`),
    );
  },
});
