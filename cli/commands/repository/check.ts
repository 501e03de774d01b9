import { define } from '../../command.ts';
import { showCheck } from './show.ts';

export const command = define({
  summary: 'Try whether the linked repository can be read, and say what is wrong',
  examples: ['repository:check -a shop'],
  json: 'RepositoryCheck',
  arguments: {},
  options: {},
  async run(context) {
    const params = { app: await context.app() };
    const api = await context.api();
    const check = await context.waiting('Trying to read the repository', () =>
      api.call('checkRepository', { params }),
    );
    if (!context.json) return showCheck(context, check);
    context.out.show(check, () => undefined);
    return check.ok ? 0 : 1;
  },
});
