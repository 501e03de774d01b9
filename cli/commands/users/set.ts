import { argument, define, flag } from '../../command.ts';
import { misuse } from '../../failure.ts';

export const command = define({
  summary: 'Make somebody an admin of the platform, or none (admins)',
  examples: ['users:set bob --admin', 'users:set bob --no-admin'],
  json: 'Person',
  arguments: { person: argument('person', 'as `sluice users` shows it') },
  options: {
    admin: flag('--admin', 'may do everything, on every app'),
    notAdmin: flag('--no-admin', 'may do what their roles say, and no more'),
  },
  async run({ api, out }, { person, admin, notAdmin }) {
    if (admin === notAdmin) throw misuse('say one of --admin and --no-admin');
    const set = await (await api()).call('setPerson', { params: { person }, body: { admin } });
    out.show(set, () => {
      out.result(set.admin ? `${set.name} is an admin of this platform` : `${set.name} is no admin`);
      out.detail(`Undo: sluice users:set ${set.name} ${set.admin ? '--no-admin' : '--admin'}`);
    });
  },
});
