import { define } from '../../command.ts';
import { showRepository } from './show.ts';

export const command = define({
  summary: 'The repository that an app fetches commits from when nobody pushes them',
  examples: ['repository -a shop'],
  json: 'LinkedRepository',
  arguments: {},
  options: {},
  async run(context) {
    const params = { app: await context.app() };
    const linked = await (await context.api()).call('getRepository', { params });
    context.out.show(linked, () => showRepository(context, linked));
  },
});
