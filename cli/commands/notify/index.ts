import { define } from '../../command.ts';

export const command = define({
  summary: 'Where events of an app are sent',
  examples: ['notify -a shop'],
  json: 'Notification[]',
  arguments: {},
  options: {},
  async run({ api, app, out }) {
    const { items } = await (await api()).call('listNotifications', { params: { app: await app() } });
    out.show(items, () =>
      out.table(
        ['ID', 'URL', 'EVENTS', 'BY', 'ADDED', 'STATE'],
        items.map(({ id, url, events, person, createdAt, disabled }) => [
          id,
          url,
          events.join(' '),
          person,
          out.time(createdAt),
          disabled ?? 'on',
        ]),
        'Nowhere. Type: sluice notify:add https://example.com/hook',
      ),
    );
  },
});
