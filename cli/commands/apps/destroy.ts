import { define, optional, text } from '../../command.ts';
import type { Context } from '../../context.ts';
import { failed, misuse } from '../../failure.ts';
import { REMOTE } from '../../platform/folder.ts';
import { platformRemote } from '../../platform/locate.ts';
import { ask } from '../../prompt.ts';

export const command = define({
  summary: 'Destroy an app and all it has',
  details: 'Its containers, images, releases, config, domains and git repository go. There is no way back.',
  examples: ['apps:destroy hello', 'apps:destroy hello --confirm hello'],
  json: '{destroyed}',
  arguments: { name: optional('name', 'the app; else as with -a') },
  options: { confirm: text('--confirm <name>', "the app's name again, so that nobody is asked") },
  async run(context, { name, confirm }) {
    const { api, out } = context;
    const app = name ?? (await context.app());
    const client = await api();
    // Also says now, not after the question, that there is no such app.
    const found = await client.call('getApp', { params: { app } });
    const typed = confirm ?? (await askForName(context, found.name));
    if (typed !== found.name)
      throw failed('not_confirmed', `that is not "${found.name}": nothing was destroyed`);
    await context.waiting(`Destroying ${found.name}`, () =>
      client.call('destroyApp', { params: { app: found.id }, body: { confirm: typed } }),
    );
    const remote = await platformRemote(context.folder);
    out.show({ destroyed: found.name }, () => {
      out.result(`${found.name} is destroyed`);
      if (remote?.app === found.name)
        out.detail(`This folder still has its remote: git remote remove ${REMOTE}`);
    });
  },
});

function askForName({ terminal, out }: Context, name: string): Promise<string> {
  if (!terminal.canAsk) {
    throw misuse(
      'destroying an app asks for its name',
      `Without a terminal: sluice apps:destroy ${name} --confirm ${name}`,
    );
  }
  out.warn(`This destroys ${name}: containers, images, releases, config, domains and git repository.`);
  return ask(terminal, `Type the app's name to go on: `);
}
