import type { Difference } from '../../../core/contracts/resources.ts';
import { argument, define, optional } from '../../command.ts';
import type { Context } from '../../context.ts';
import { failed } from '../../failure.ts';
import { releaseNumber } from '../../numbers.ts';

export const command = define({
  summary: 'What differs between two releases: image, commit, processes, config',
  details:
    'With one release: between it and what is live. Of secrets only that they changed is told, and values of ' +
    'config only to those who deploy. How many replicas run is no part of a release: see `sluice ps`.',
  examples: ['releases:diff v3 v5', 'releases:diff v3'],
  json: 'ReleaseDiff',
  arguments: {
    from: argument('from', 'such as v3', releaseNumber),
    to: optional('to', 'such as v5; else what is live', releaseNumber),
  },
  options: {},
  async run(context, { from, to }) {
    const { out } = context;
    const app = await context.app();
    const other = to ?? (await liveRelease(context, app));
    const params = { app, number: from, other };
    const diff = await (await context.api()).call('diffReleases', { params });
    out.show(diff, () =>
      out.table(
        ['WHAT', 'NAME', 'CHANGE', `V${from}`, `V${other}`],
        diff.items.map((item) => [item.what, item.name ?? '', item.change, ...sides(item)]),
        `v${from} and v${other} have the same image, processes and config`,
      ),
    );
  },
});

async function liveRelease(context: Context, app: string): Promise<number> {
  const { live } = await (await context.api()).call('getApp', { params: { app } });
  if (live !== undefined) return live.release;
  throw failed('nothing_live', `nothing of ${app} is live to compare it with`, 'Name the other release, too');
}

function sides({ what, change, from, to }: Difference): [string, string] {
  const hidden = what === 'secret' || (from === undefined && to === undefined) ? '(not shown)' : '';
  return [from ?? (change === 'added' ? '' : hidden), to ?? (change === 'removed' ? '' : hidden)];
}
