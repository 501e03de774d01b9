import { PassThrough } from 'node:stream';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { FakeApi, Refused } from '../../support/cli/fake-api.ts';
import { invoke } from '../../support/cli/invoke.ts';

let api: FakeApi;
let folder: string;
const VALUES = { A: '1', MULTI: "it's\ntwo lines # no comment", EMPTY: '' };
beforeEach(async () => {
  api = await FakeApi.start();
  api.on('getConfig', () => ({ version: 3, values: VALUES, secrets: ['TOKEN'] }));
  api.on('setConfig', () => ({ version: 4, secrets: [] }));
  folder = await mkdtemp(join(tmpdir(), 'sluice-config-'));
});
afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

const run = (argv: string[], stdin?: string) =>
  invoke([...argv, '-a', 'hello'], {
    settings: { dataDir: api.dataDir },
    ...(stdin === undefined ? {} : { stdin: new PassThrough().end(stdin) }),
  });
const NO_TEXT = Buffer.from([0x41, 0x3d, 0xe9, 0xff, 0x0a]);
const sent = () => api.asked.filter(({ route }) => route === 'setConfig').map(({ body }) => body);

test('what is exported is imported as it was', async () => {
  const { stdout, stderr } = await run(['config:export']);
  expect(stdout).toBe(`A=1\nEMPTY=\nMULTI="it's\ntwo lines # no comment"\n`);
  expect(stderr).toBe('       Without the secrets TOKEN (sluice secrets -a hello)\n');
  const imported = await run(['config:import', '-'], stdout);
  expect(imported.stdout.split('\n')[0]).toBe('=====> Set A, EMPTY, MULTI on hello (config version 4)');
  expect(sent()).toEqual([{ values: VALUES, now: false }]);
});

test('it is exported for a shell and as JSON, too', async () => {
  const shell = await run(['config:export', '--shell']);
  expect(shell.stdout).toBe(`export A=1\nexport EMPTY=''\nexport MULTI='it'\\''s\ntwo lines # no comment'\n`);
  expect(JSON.parse((await run(['config:export', '--json'])).stdout)).toEqual(VALUES);
});

test('import --replace removes what the file has not; what looks like a secret is named, and never shown', async () => {
  const { stderr, stdout } = await run(
    ['config:import', '--replace', '-'],
    'A=2\nDATABASE_URL=postgres://u:hunter2@db/x\n',
  );
  expect(sent()).toEqual([
    {
      values: { A: '2', DATABASE_URL: 'postgres://u:hunter2@db/x', MULTI: null, EMPTY: null },
      now: false,
      ifVersion: 3,
    },
  ]);
  expect(stdout).toContain('Set A, DATABASE_URL, removed MULTI, EMPTY on hello');
  expect(stderr.split('\n').slice(0, 2)).toEqual([
    ' !     DATABASE_URL is a URL with a password, and plain config is shown to everybody who deploys and is not cut out of logs.',
    ' !     To make it a secret: sluice config:get DATABASE_URL -a hello | sluice secrets:set DATABASE_URL -a hello',
  ]);
  expect(stderr + stdout).not.toContain('hunter2');
});

test('import --replace is refused when somebody changed the config meanwhile, and says so', async () => {
  api.on('setConfig', () => new Refused(409, 'config_changed', 'the config is at version 4 by now'));
  const { code, stderr } = await run(['config:import', '--replace', '-'], 'A=2\n');
  expect(code).toBe(1);
  expect(stderr).toContain('the config is at version 4 by now');
});

test('config:set takes a value from stdin and from files; a secret stays one, and that is said', async () => {
  await writeFile(join(folder, 'conf'), 'x\ny\n');
  api.on('setConfig', () => ({ version: 4, secrets: ['TOKEN'] }));
  const { stderr } = await run(
    ['config:set', 'B=-', 'TOKEN=hidden', '--from-file', `C=${join(folder, 'conf')}`, '--no-release'],
    'from stdin\n',
  );
  expect(sent()).toEqual([
    { values: { B: 'from stdin', TOKEN: 'hidden', C: 'x\ny\n' }, now: false, release: false },
  ]);
  expect(stderr).toContain('TOKEN is a secret and stays one');
  expect(stderr).not.toContain('hidden');
  expect((await run(['config:set', 'A=-', 'B=-'])).stderr).toContain('both A and B want it');
  expect((await run(['config:set'])).stderr).toContain('nothing to set');
  expect((await run(['config:get', 'TOKEN'])).stderr).toContain(
    'The app itself has it: sluice run printenv TOKEN -a hello',
  );
});

test.each(['config:import', 'secrets:import'])(
  '%s - takes no bytes that are no text: they would be others when they arrive',
  async (name) => {
    const { code, stderr } = await invoke([name, '-', '-a', 'hello'], {
      settings: { dataDir: api.dataDir },
      stdin: new PassThrough().end(NO_TEXT),
    });
    expect(code).toBe(2);
    expect(stderr).toContain('stdin is not text in UTF-8');
    expect(api.asked).toEqual([]);
  },
);

describe('config:edit', () => {
  /** An editor that each time does what the next script says with the file in "$1". */
  async function editor(...scripts: string[]): Promise<string> {
    const path = join(folder, 'editor');
    const cases = scripts.map((script, index) => `${index}) ${script} ;;`).join('\n');
    await writeFile(
      path,
      `#!/bin/sh\nn=$(cat "${folder}/count" 2>/dev/null || echo 0)\necho $((n + 1)) > "${folder}/count"\ncp "$1" "${folder}/seen$n"\nls -ld "$1" "$(dirname "$1")" | cut -c1-10 > "${folder}/modes"\ndirname "$1" > "${folder}/where"\ncase $n in\n${cases}\nesac\n`,
    );
    await chmod(path, 0o755);
    return path;
  }

  /** Types each answer when its question is asked. */
  async function edit(program: string, answers: string[]) {
    const stdin = new PassThrough();
    let asked = 0;
    const outcome = await invoke(['config:edit', '-a', 'hello'], {
      settings: { dataDir: api.dataDir, editor: program },
      typed: '',
      stdin,
      onStderr: (text) => {
        const questions = text.split(/\[N\]o: |\[Y\/n\] /).length - 1;
        while (asked < questions) stdin.write(`${answers[asked++] ?? 'n'}\n`);
      },
    });
    const left = (await readdir(tmpdir())).filter((name) => name.startsWith('sluice-edit-'));
    return { ...outcome, left };
  }
  const read = async (name: string) =>
    (await import('node:fs/promises')).readFile(join(folder, name), 'utf8');

  test('shows what changes, asks, and sets only that; the file is for its owner alone, and gone', async () => {
    const program = await editor(`printf 'A=2\\nB=new\\nEMPTY=\\n' > "$1"`);
    const { code, stderr, stdout } = await edit(program, ['y']);
    expect(code).toBe(0);
    expect(await read('seen0')).toContain('# Not here, as they are secrets: TOKEN\n\nA=1\n');
    expect(await read('modes')).toBe('drwx------\n-rw-------\n');
    expect(sent()).toEqual([{ values: { A: '2', B: 'new', MULTI: null }, now: false, ifVersion: 3 }]);
    expect(stderr).toContain(
      "       - A=1\n       + A=2\n       + B=new\n       - MULTI=it's\\ntwo lines # no comment\n",
    );
    expect(stdout).toContain('Set A, B, removed MULTI on hello');
    await expect(stat((await read('where')).trim())).rejects.toThrow('ENOENT');
  });

  test('a text that is no UTF-8 is never set; it can be edited again', async () => {
    const program = await editor(`printf 'A=\\351\\n' > "$1"`, `printf 'A=é\\n' > "$1"`);
    const { stderr, code } = await edit(program, ['y', 'y']);
    expect(stderr).toContain('is not text in UTF-8');
    expect(code).toBe(0);
    expect(sent()).toMatchObject([{ values: { A: 'é' } }]);
  });

  test('a text that is not understood or refused is opened again as it was left', async () => {
    api.on('setConfig', () =>
      sent().length === 1
        ? new Refused(409, 'config_changed', 'the config of hello was changed meanwhile')
        : { version: 5, secrets: [] },
    );
    const program = await editor(`printf 'A="2\\n' > "$1"`, `printf 'A=2\\n' > "$1"`, ':', ':');
    const { stderr, code } = await edit(program, ['y', 'e', 'y', 'y', 'y']);
    expect(code).toBe(0);
    expect(stderr).toContain('your text:1: A: the value begins with " and no " ends it');
    expect(await read('seen1')).toBe('A="2\n');
    expect(await read('seen2')).toBe('A=2\n');
    expect(await read('seen3')).toBe('A=2\n');
    expect(sent()).toHaveLength(2);
  });

  test.each([
    ['nothing is edited', ':', [], 0, 'Nothing was changed'],
    ['the answer is no', `echo B=1 >> "$1"`, ['n'], 0, 'Nothing was changed'],
    ['the editor fails', 'exit 3', [], 1, 'ended with exit 3: nothing was changed'],
  ])('nothing is set when %s, and the file is gone', async (_, script, answers, code, said) => {
    const outcome = await edit(await editor(script), answers);
    expect(outcome.code).toBe(code);
    expect(outcome.stdout + outcome.stderr).toContain(said);
    expect(sent()).toEqual([]);
    await expect(stat((await read('where')).trim())).rejects.toThrow('ENOENT');
  });

  test('needs a terminal, and says what to do without one', async () => {
    const { code, stderr } = await run(['config:edit']);
    expect(code).toBe(2);
    expect(stderr).toContain('sluice config:export > FILE');
    await eventually('no question was asked', () => api.asked.length === 0);
  });
});
