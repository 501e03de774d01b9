import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { Pty } from '../../support/cli/pty.ts';
import { app, hook, key, release } from '../../support/cli/samples.ts';

let api: FakeApi;
let folder: string;
let environment: Record<string, string>;

beforeAll(async () => {
  api = await FakeApi.start();
  api
    .on('listApps', () => ({ items: [app, { ...app, name: 'help-desk' }] }))
    .on('listReleases', () => ({
      items: [
        { ...release, number: 12 },
        { ...release, number: 11, live: false },
      ],
    }));
  api
    .on('listHooks', () => ({ items: [hook] }))
    .on('listKeys', () => ({ items: [{ ...key, fingerprint: 'SHA256:abc/de+f' }] }))
    .on('listSecrets', () => ({
      version: 1,
      items: [{ name: 'STRIPE_KEY', kinds: ['env'], olderIn: [] }],
    }))
    .on('getConfig', () => ({ version: 1, values: {}, secrets: ['STRIPE_KEY'] }));
  folder = await mkdtemp(join(tmpdir(), 'sluice-completion-'));
  const main = resolve(import.meta.dirname, '../../../cli/main.ts');
  await writeFile(join(folder, 'sluice'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  await chmod(join(folder, 'sluice'), 0o755);
  await writeFile(join(folder, 'dump.pub'), '');
  environment = {
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    SLUICE_DATA_DIR: api.dataDir,
    PS1: '% ',
  };
});
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

const SHELLS = {
  bash: { argv: ['bash', '--norc', '--noprofile', '-i'], source: 'source <(sluice completion bash)' },
  zsh: {
    argv: ['zsh', '-f', '-i'],
    source: 'autoload -U compinit && compinit -D -u; source <(sluice completion zsh)',
  },
  fish: { argv: ['fish', '--no-config', '-i'], source: 'sluice completion fish | source' },
};

describe.each(Object.entries(SHELLS))('%s', (_, { argv, source }) => {
  let shell: Pty;
  beforeAll(async () => {
    shell = new Pty(argv, environment, folder);
    shell.type(`${source}; echo rea''dy\n`);
    await shell.until((shown) => shown.includes('ready'));
  });
  afterAll(async () => {
    // Ctrl-U takes away what stands in the line.
    shell.type('\u0015exit\n');
    await shell.end();
  });

  test.each([
    ['a command', 'sluice builds:sh', 'builds:show'],
    ['a topic, as far as it is clear', 'sluice rele', 'releases'],
    ['a verb behind a blank', 'sluice completion fi', 'completion fish'],
    ['an option', 'sluice builds:create --no-c', '--no-cache'],
    ['an app', 'sluice apps:info -a hell', '-a hello'],
    ['a hook', 'sluice hooks:info -a hello gith', 'hello github'],
    ['a secret', 'sluice secrets:unset -a hello STR', 'STRIPE_KEY'],
    ['a config key or a secret', 'sluice config:unset -a hello STR', 'hello STRIPE_KEY'],
    ['one of a few words', 'sluice hooks:create --from gitl', '--from gitlab'],
    ['a key with colons', 'sluice keys:remove SHA256:ab', 'SHA256:abc/de+f'],
    ['a file', 'sluice keys:add dum', 'keys:add dump.pub'],
  ])('completes %s', async (_what, typed, completed) => {
    const before = shell.shown.length;
    // Echo first: the line that is completed begins behind it.
    shell.type(`\u0015${typed}\t`);
    await shell.until((shown) => plain(shown.slice(before)).includes(completed));
    shell.type('\u0015');
  });

  test('shows the releases of an app', async () => {
    const before = shell.shown.length;
    shell.type('\u0015sluice rollback -a hello v1\t\t');
    await shell.until((shown) => /v11[\s\S]*v12|v12[\s\S]*v11/.test(plain(shown.slice(before))));
    shell.type('\u0015');
  });
});

function plain(shown: string): string {
  // A bell stands between what is typed and what is completed where several words could follow.
  return stripVTControlCharacters(shown).replaceAll('\u0007', '');
}
