import type { ReleaseDetail } from '../../../core/contracts/resources.ts';
import { argument, define } from '../../command.ts';
import { typeNext } from '../../hints.ts';
import { releaseNumber } from '../../numbers.ts';
import { stateWords } from '../../render/rollout.ts';

export const command = define({
  summary: 'One release: image, config changes, processes, how its rollout went',
  examples: ['releases:info v12'],
  json: 'ReleaseDetail',
  arguments: { release: argument('release', 'such as v12', releaseNumber) },
  options: {},
  async run(context, { release: number }) {
    const { out } = context;
    const params = { app: await context.app(), number };
    const api = await context.api();
    const [release, rollout] = await Promise.all([
      api.call('getRelease', { params }),
      api.call('getRollout', { params }),
    ]);
    const { added, changed, removed } = release.configChanges;
    const keys = [
      ...added.map((key) => `+${key}`),
      ...changed.map((key) => `~${key}`),
      ...removed.map((key) => `-${key}`),
    ];
    out.show(release, () =>
      out.facts([
        ['Release', `v${release.number}${release.live ? ' (live)' : ''}`],
        ['State', release.live ? 'live' : stateWords(rollout)],
        ['Description', release.description],
        ['By', `${release.person} (${release.source})`],
        ['Build', release.build === undefined ? undefined : String(release.build)],
        ['Commit', release.commit],
        ['Image', release.image],
        ['Config version', String(release.configVersion)],
        ['Compared with', release.comparedWith === undefined ? undefined : `v${release.comparedWith}`],
        ['Config changes', keys.length === 0 ? undefined : keys.join(' ')],
        ...Object.entries(release.processes).map(([type, line]) => [`Process ${type}`, line] as const),
        ['Made', out.time(release.createdAt)],
        ['Ended', release.finishedAt && out.time(release.finishedAt)],
        ['Verdict', verdictWords(release)],
        ['Next', release.reason?.hint],
        ['Rollout', typeNext(context, `rollouts:show v${release.number}`)],
        ['Go back to it', release.canGoBackTo ? typeNext(context, `rollback v${release.number}`) : undefined],
      ]),
    );
  },
});

/** Releases from before there were stories have only a reason. */
function verdictWords({ verdict, reason }: ReleaseDetail): string | undefined {
  const text = verdict?.text ?? reason?.message;
  return text && `${text}${reason ? ` (${reason.code})` : ''}`;
}
