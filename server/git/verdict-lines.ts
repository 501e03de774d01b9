import type { Until, Verdict } from '../../core/contracts/internal.ts';
import { liveNowLine } from '../../core/failure/live-now.ts';
import { failureScreen, type Ended } from '../../core/failure/screen.ts';
import { DETAIL, RESULT } from './terminal.ts';

/** The last lines of a push: the verdict, what is live now, where, and how to undo. */
export function verdictLines(app: string, until: Until, verdict: Verdict): string[] {
  const { ok, build, release, reason, url, webScaledToZero } = verdict;
  if (ok && until === 'build') {
    return [
      `${RESULT}Build ${build.number} succeeded; its release goes on without you`,
      `${DETAIL}Watch it: sluice rollouts:show${release === undefined ? '' : ` v${release.number}`} -f -a ${app}`,
      liveLine(app, verdict),
    ];
  }
  if (ok) {
    const what = release === undefined ? `Build ${build.number}` : `v${release.number}`;
    return [
      ...(webScaledToZero
        ? [
            `${RESULT}${what} is live, but no web replica runs`,
            `${DETAIL}Start one: sluice ps:scale web=1 -a ${app}`,
          ]
        : [`${RESULT}${what} is live${url === undefined ? '' : `: ${url}`}`]),
      ...(release !== undefined && release.number > 1 ? [`${DETAIL}Undo: sluice rollback -a ${app}`] : []),
    ];
  }
  return [...failureScreen(endedOf(verdict), reason), liveLine(app, verdict)];
}

/** Short reason of a rejected ref; git shows it in parentheses. */
export function shortReason(verdict: Verdict): string {
  const code = verdict.reason?.code;
  const { state } = lastOf(verdict);
  const why = code === undefined || code === state ? '' : `: ${code}`;
  return `build ${verdict.build.number} ${endOf(verdict)}${why}`;
}

function endedOf({ build, release }: Verdict): Ended {
  return build.state === 'succeeded' && release !== undefined
    ? { release: release.number, state: release.rollout }
    : { build: build.number, state: build.state };
}

function endOf(verdict: Verdict): string {
  const { of, state } = lastOf(verdict);
  return of === 'rollout' ? `was built, but ${state}` : state;
}

/** What it ended with: its rollout when the build itself went well. */
function lastOf({ build, release }: Verdict): { of: 'build' | 'rollout'; state: string } {
  return build.state === 'succeeded' && release !== undefined
    ? { of: 'rollout', state: release.rollout }
    : { of: 'build', state: build.state };
}

function liveLine(app: string, { live, url, webScaledToZero }: Verdict): string {
  return `${DETAIL}${liveNowLine(app, live && { ...live, url, webScaledToZero })}`;
}
