import type { Secret } from '../../../core/contracts/resources.ts';
import { define } from '../../command.ts';
import { showStaged } from '../config/staged.ts';

export const command = define({
  summary: 'The secrets of an app, by name',
  details:
    'Their values are shown to nobody. WHERE says whether they are in the environment of containers (env), ' +
    'given to builds (build), or a file in containers (file); OLDER VALUE IN, which releases still run with ' +
    'another value, and how long they are kept.',
  examples: ['secrets', 'secrets -a shop --json'],
  json: 'Secrets',
  arguments: {},
  options: {},
  async run(context) {
    const { out } = context;
    const secrets = await (await context.api()).call('listSecrets', { params: { app: await context.app() } });
    out.show(secrets, () => {
      out.table(
        ['NAME', 'WHERE', 'SET', 'BY', 'OLDER VALUE IN'],
        secrets.items.map((secret) => [
          secret.name,
          secret.kinds.join(', '),
          out.time(secret.setAt),
          secret.setBy ?? '',
          olderIn(secret),
        ]),
        'No secrets yet. Type: sluice secrets:set NAME',
      );
      showStaged(context, secrets.staged);
    });
  },
});

function olderIn({ olderIn: releases }: Secret): string {
  return releases
    .map(
      ({ release, live, until }) =>
        `v${release}${live ? ' (live)' : until === undefined ? '' : ` until ${until}`}`,
    )
    .join(', ');
}
