import type { Until, Verdict } from '../../core/contracts/internal.ts';
import { DETAIL, ERROR, RESULT, reasonLines } from './terminal.ts';

/** The last lines of a push: the verdict, what is live now, where, and how to undo. */
export function verdictLines(app: string, until: Until, verdict: Verdict): string[] {
  const { ok, build, release, reason, url } = verdict;
  if (ok && until === 'build') {
    return [
      `${RESULT}Build ${build.number} succeeded; its release goes on without you`,
      `${DETAIL}Watch it: sluice releases -a ${app}`,
      liveLine(verdict),
    ];
  }
  if (ok) {
    return [
      `${RESULT}${release === undefined ? `Build ${build.number}` : `v${release.number}`} is live${url === undefined ? '' : `: ${url}`}`,
      ...(release !== undefined && release.number > 1 ? [`${DETAIL}Undo: sluice rollback -a ${app}`] : []),
    ];
  }
  return [
    ...(reason === undefined ? [`${ERROR}Build ${build.number} ${endOf(verdict)}`] : reasonLines(reason)),
    liveLine(verdict),
  ];
}

/** Short reason of a rejected ref; git shows it in parentheses. */
export function shortReason(verdict: Verdict): string {
  const code = verdict.reason === undefined ? '' : `: ${verdict.reason.code}`;
  return `build ${verdict.build.number} ${endOf(verdict)}${code}`;
}

/** How it ended: by its rollout when the build itself went well. */
function endOf({ build, release }: Verdict): string {
  return build.state === 'succeeded' && release !== undefined
    ? `was built, but ${release.rollout}`
    : build.state;
}

function liveLine({ live, url }: Verdict): string {
  if (live === undefined) return `${DETAIL}Nothing is live yet.`;
  const commit = live.commit === undefined ? '' : ` (${live.commit.slice(0, 8)})`;
  return `${DETAIL}Live now: v${live.release}${commit}${url === undefined ? '' : `, ${url}`}`;
}
