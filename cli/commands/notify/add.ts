import { argument, define, value } from '../../command.ts';
import { typeNext } from '../../hints.ts';

export const command = define({
  summary: 'Send events of an app somewhere, signed',
  details:
    'Events: build.created started succeeded failed cancelled superseded, release.created, rollout.started step promoted rolled-back failed cancelled superseded, config.changed. The signature is that of https://www.standardwebhooks.com; its secret is shown this once.',
  examples: [
    'notify:add https://example.com/hook',
    'notify:add https://example.com/hook --events build.failed,rollout.*',
  ],
  json: 'AddedNotification',
  arguments: { url: argument('url', 'takes POST with JSON') },
  options: {
    events: value('--events <list>', 'which ones, separated by commas; else all', listed, ['*']),
  },
  async run(context, { url, events }) {
    const { out } = context;
    const app = await context.app();
    const body = { url, events };
    const added = await (await context.api()).call('addNotification', { params: { app }, body });
    out.show(added, () => {
      out.result(`Events of ${app} are sent to ${added.url}`);
      out.detail(`Signing secret, shown this once: ${added.secret}`);
      out.detail(`Try it: ${typeNext(context, `notify:test ${added.id}`)}`);
      out.detail(`Undo: ${typeNext(context, `notify:remove ${added.id}`)}`);
    });
  },
});

function listed(text: string): string[] {
  return text
    .split(',')
    .map((event) => event.trim())
    .filter((event) => event !== '');
}
