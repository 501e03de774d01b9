import { argument, define, text } from '../../command.ts';

export const command = define({
  summary: 'Remove a person: their keys, tokens and roles end at once (admins)',
  details: 'Builds, releases and the audit log go on naming them.',
  examples: ['users:remove bob', 'users:remove bob --hand-over-to alice'],
  json: '{removed}',
  arguments: { person: argument('person', 'as `sluice users` shows it') },
  options: { heir: text('--hand-over-to <person>', 'who is to own the apps that only they own') },
  async run({ api, out }, { person, heir }) {
    await (await api()).call('removePerson', { params: { person }, query: { heir } });
    out.show({ removed: person }, () => {
      out.result(`${person} is removed, with all their keys and tokens`);
    });
  },
});
