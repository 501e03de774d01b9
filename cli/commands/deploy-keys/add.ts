import { argument, define, text } from '../../command.ts';
import { typeNext } from '../../hints.ts';
import { readPublicKey } from '../../public-keys.ts';

export const command = define({
  summary: 'Let a machine push to this app by a key of its own',
  details:
    'It may push to this app, clone it, and follow its builds and rollouts: no config, no commands, no other app. Make one with: ssh-keygen -t ed25519 -N "" -C ci -f deploy',
  examples: [
    'deploy-keys:add deploy.pub --name ci',
    'ssh ci cat .ssh/id_ed25519.pub | sluice deploy-keys:add -',
  ],
  json: 'DeployKey',
  arguments: { file: argument('file', 'a public key; "-" reads stdin') },
  options: { name: text('--name <name>', "what you will know it by; else the key's comment") },
  async run(context, { file, name }) {
    const { out } = context;
    const app = await context.app();
    const { line } = await readPublicKey(context, file);
    const body = { publicKey: line, ...(name === undefined ? {} : { name }) };
    const key = await (await context.api()).call('addDeployKey', { params: { app }, body });
    out.show(key, () => {
      out.result(`${key.name} may push to ${app} by the key ${key.fingerprint}`);
      out.detail(`Undo: ${typeNext(context, `deploy-keys:remove ${key.id}`)}`);
    });
  },
});
