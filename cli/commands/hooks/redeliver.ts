import type { Delivery } from '../../../core/contracts/resources.ts';
import { argument, define, flag } from '../../command.ts';
import type { Context } from '../../context.ts';
import { Exit, Failure } from '../../failure.ts';
import { followBuild, followRelease } from '../../follow/follow.ts';
import { watch } from '../../follow/watch.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'Process again what came by a web hook',
  details:
    'Its body was kept, and its signature was right when it came: bodies are kept for 7 days. ' +
    'With -f it goes on until what it deploys is live, then exits by the verdict: 0 live, or nothing to deploy; 1 not.',
  examples: ['hooks:redeliver 4f2a9c81d7e35b06', 'hooks:redeliver 4f2a9c81d7e35b06 -f'],
  json: 'Delivery; with -f in one line once it is processed, then {line} a line and {build, release} as builds:log -f, or ReleaseDetail',
  arguments: { delivery: argument('delivery', 'as `sluice hooks:deliveries` shows it') },
  options: { follow: flag('-f, --follow', 'until the verdict') },
  async run(context, { delivery: id, follow }) {
    const { out } = context;
    const app = await context.app();
    const again = await (await context.api()).call('redeliver', { params: { app, delivery: id } });
    if (follow) return followed(context, app, again);
    out.show(again, () => {
      out.result(`${again.event} of ${again.hook} is processed again, as ${again.id}`);
      out.detail(`See: ${typeNext(context, `hooks:deliveries ${again.hook}`)}`);
    });
  },
});

async function followed(context: Context, app: string, { id, event, hook }: Delivery): Promise<void> {
  const { out } = context;
  const api = await context.api();
  out.step(`${event} of ${hook} is processed again, as ${id}`);
  const done = await watch(context, {
    look: () => api.call('getDelivery', { params: { app, delivery: id } }),
    hasEnded: ({ state }) => state !== 'pending',
    waiting: () => `Processing ${event} of ${hook}`,
    goesOn: { what: id, again: typeNext(context, `hooks:deliveries ${hook}`) },
  });
  const { state, reason, build, release } = done;
  if (context.json) await out.record(done);
  if (state === 'failed') {
    throw new Failure(
      Exit.failed,
      reason ?? { code: 'delivery_failed', message: `${event} of ${hook} could not be processed` },
    );
  }
  if (build !== undefined) return followBuild(context, app, { number: build });
  if (release !== undefined) {
    const made = await api.call('getRelease', { params: { app, number: release } });
    return followRelease(context, app, made, { detach: false, asJson: (ended) => ended });
  }
  out.result(`Nothing to deploy${reason === undefined ? '' : `: ${reason.message}`}`);
}
