import { failureScreen } from '../../../core/failure/screen.ts';
import { rolloutHasEnded } from '../../../core/rollout.ts';
import { define, flag, optional } from '../../command.ts';
import type { Context } from '../../context.ts';
import type { RolloutDetail } from '../../../core/contracts/resources.ts';
import { watchRollout } from '../../follow/rollout.ts';
import { Story } from '../../follow/story.ts';
import { renderRelease } from '../../follow/verdict.ts';
import { releaseNumber } from '../../numbers.ts';
import { policyWords, renderNumbers, renderStory, stateWords, verdictOf } from '../../render/rollout.ts';
import { openOrNewestRollout } from './which.ts';

export const command = define({
  summary: 'One rollout: its numbers, its story, its verdict, and how to undo it',
  details:
    'Without a release: the one under way, else the newest. With -f it goes on until the rollout has ended, then exits ' +
    'by the verdict: 0 live, 1 not. Ctrl-C ends the watching only.',
  examples: ['rollouts:show', 'rollouts:show v12', 'rollouts:show -f'],
  json: 'RolloutDetail; with -f each line of its story in a line of its own before it',
  arguments: { release: optional('release', 'such as v12', releaseNumber) },
  options: { follow: flag('-f, --follow', 'until the verdict') },
  async run(context, { release, follow }) {
    const app = await context.app();
    const number = await openOrNewestRollout(context, app, release);
    if (follow) return followed(context, app, number);
    const rollout = await (await context.api()).call('getRollout', { params: { app, number } });
    context.out.show(rollout, () => render(context, rollout));
  },
});

/** With --json each line of the story as it comes, and the whole rollout as the last. */
async function followed(context: Context, app: string, number: number): Promise<void> {
  const { out } = context;
  const story = new Story(context);
  let told: number | undefined;
  const ended = await watchRollout(context, { app, number }, async (seen) => {
    if (told === undefined) out.step(`v${number}: ${seen.description}`);
    if (context.json) for (const event of seen.events.slice(told)) await out.record(event);
    told = seen.events.length;
    story.tell(seen);
  });
  if (context.json) await out.record(ended);
  await renderRelease(context, app, { number, state: ended.state, reason: ended.reason }, ended.undo);
}

function render(context: Context, rollout: RolloutDetail): void {
  const { out, terminal } = context;
  const { reason, held, previous, live, policy, paused } = rollout;
  out.facts([
    ['Rollout', `v${rollout.release}: ${rollout.description}`],
    ['State', stateWords(rollout)],
    ['By', `${rollout.person} (${rollout.source})`],
    ['Commit', rollout.commit],
    ['Instead of', previous === undefined ? undefined : `v${previous}`],
    ['Began', out.time(rollout.createdAt)],
    ['Ended', rollout.finishedAt && out.time(rollout.finishedAt)],
    ['Canary', policy === undefined ? 'none: live as soon as it is healthy' : policyWords(policy)],
    ['Paused by', paused?.by],
    ['Held', held?.message],
  ]);
  renderNumbers(out, rollout);
  renderStory(out, rollout, terminal.interactive);
  out.section('Now');
  out.facts([
    // Why it ended stands below, in the words that its push was told.
    [
      rolloutHasEnded(rollout.state) ? 'Verdict' : 'So far',
      reason === undefined ? (verdictOf(rollout) ?? stateWords(rollout)) : undefined,
    ],
    ['Live now', live === undefined ? 'nothing yet' : `v${live}`],
    ['Next', held?.hint],
    ['Undo', rollout.undo],
  ]);
  if (reason) out.screen(failureScreen({ release: rollout.release, state: rollout.state }, reason));
}
