import { counted, grouped, lasting, percent } from '../../core/canary/figures.ts';
import { lookLine, type Names } from '../../core/canary/lines.ts';
import type { Rollout, RolloutDetail } from '../../core/contracts/resources.ts';
import { decisiveLine, inThePast } from '../../core/decisive-line.ts';
import type { CanaryPolicy } from '../../core/manifest/manifest.ts';
import { rolloutHasEnded } from '../../core/rollout.ts';
import type { Output } from './output.ts';
import { since } from './time.ts';

type Evidence = NonNullable<RolloutDetail['evidence']>['step'];

export function namesOf({ release, previous }: Pick<Rollout, 'release' | 'previous'>): Names {
  return { canary: `v${release}`, stable: previous === undefined ? 'stable' : `v${previous}` };
}

/** `canary 25 % (2 of 3)`, `paused at 25 % (2 of 3)`, `was live`. */
export function stateWords({ release, state, weight, step, paused, held, live }: Rollout): string {
  if (state === 'live') return live === release ? 'live' : 'was live';
  const kept = paused ? 'paused' : held ? 'held' : undefined;
  if (state === 'starting') return kept ?? state;
  if (state !== 'canary') return state;
  if (step === undefined) return kept ?? state;
  return `${kept === undefined ? 'canary' : `${kept} at`} ${weight} % (${step.number} of ${step.of})`;
}

/** The last that is known of how it went: why it ended, or what it was promoted on. */
export function verdictOf({ reason, events, state }: RolloutDetail): string | undefined {
  if (reason !== undefined) return reason.message;
  const text = decisiveLine(events)?.text;
  return text !== undefined && rolloutHasEnded(state) ? inThePast(text) : text;
}

/** The numbers of both sides, of the step and of the whole rollout. */
export function renderNumbers(out: Output, rollout: Rollout): void {
  const { evidence } = rollout;
  if (evidence === undefined) return;
  const names = namesOf(rollout);
  out.section('Numbers');
  out.table(
    ['OVER', 'SIDE', 'REQUESTS', 'ERRORS', 'P50', 'P95', 'RESTARTS', 'PROBES'],
    [evidence.step, evidence.rollout].flatMap((one) => [
      sideRow(one, `canary ${names.canary}`, one.canary),
      sideRow(one, `stable ${names.stable}`, one.stable),
    ]),
    '',
  );
}

/** What it told, line by line; below a line the numbers behind it, where the story has not told them itself. */
export function renderStory(out: Output, rollout: RolloutDetail, interactive: boolean): void {
  const { events, createdAt, policy } = rollout;
  if (events.length === 0) return;
  out.section('Story');
  const told = new Set(events.map(({ text }) => text));
  const rows = events.flatMap(({ at, text, evidence }) => {
    const time = interactive ? since(createdAt, at) : at;
    const numbers =
      evidence && lookLine(evidence, evidence.seconds, policy?.bakeSeconds ?? 0, namesOf(rollout));
    if (numbers === undefined || told.has(numbers)) return [[time, text]];
    told.add(numbers);
    return [
      [time, text],
      [time, `  ${numbers}`],
    ];
  });
  out.table(['AT', 'LINE'], rows, '');
}

/** `5, 25, 50 %, each for 30 s and 100 requests, at most 5 min; without them: promote` */
export function policyWords(policy: CanaryPolicy): string {
  const { steps, bakeSeconds, minRequests, maxWaitSeconds, onNoData } = policy;
  const enough = `each for ${lasting(bakeSeconds)} and ${counted(minRequests, 'request')}`;
  return `${steps.join(', ')} %, ${enough}; where they do not come within ${lasting(maxWaitSeconds)}: ${onNoData}`;
}

function sideRow(
  { over, seconds }: Evidence,
  name: string,
  { requests, errors, errorShare, latencyP50Ms, latencyP95Ms, restarts, probes }: Evidence['canary'],
): string[] {
  return [
    `${over} (${lasting(seconds)})`,
    name,
    grouped(requests),
    errorShare === undefined ? '-' : `${grouped(errors)} (${percent(errorShare)})`,
    latencyP50Ms === undefined ? '-' : `${grouped(latencyP50Ms)} ms`,
    latencyP95Ms === undefined ? '-' : `${grouped(latencyP95Ms)} ms`,
    String(restarts),
    probes.sent === 0 ? '-' : `${grouped(probes.failed)} of ${grouped(probes.sent)} failed`,
  ];
}
