import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { define } from '../../command.ts';

export const command = define({
  summary: "Show an app's URL, and open it where there is a display",
  examples: ['open', 'open -a hello'],
  json: '{url}',
  arguments: {},
  options: {},
  async run({ api, app, out, settings, json }) {
    const { url } = await (await api()).call('getApp', { params: { app: await app() } });
    out.show({ url }, () => out.line(url));
    if (settings.display && !json && !(await browse(url))) {
      out.warn('No program here opens pages; the address is above');
    }
  },
});

/** Hands the address to the desktop. The platform's answer is data: only a web address goes to another program. */
async function browse(url: string): Promise<boolean> {
  if (!/^https?:\/\//.test(url)) return false;
  const child = spawn(process.platform === 'darwin' ? 'open' : 'xdg-open', [url], {
    stdio: 'ignore',
    detached: true,
  });
  child.unref();
  try {
    await once(child, 'spawn');
    return true;
  } catch {
    return false;
  }
}
