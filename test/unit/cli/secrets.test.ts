import { PassThrough } from 'node:stream';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectCommand, type CommandRow } from '../../support/cli/command-row.ts';
import { FakeApi, Refused } from '../../support/cli/fake-api.ts';
import { invoke } from '../../support/cli/invoke.ts';
import { app, configRelease, promoted } from '../../support/cli/samples.ts';

let api: FakeApi;
let folder: string;
beforeEach(async () => {
  api = await FakeApi.start();
  folder = await mkdtemp(join(tmpdir(), 'sluice-secrets-'));
  await writeFile(join(folder, 'key.pem'), 'line one\nline two\n');
  await writeFile(join(folder, 'two.env'), 'A=hidden-a\nB="hidden\\nb"\n');
  await writeFile(join(folder, 'bad.env'), 'A=hidden-a\nnot this one\nB="open\n');
  await writeFile(join(folder, 'binary'), Buffer.from([0xff, 0xfe, 0x00]));
});
afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

const hello = { app: 'hello' };
const secret = (name: string, more: object = {}) => ({
  name,
  kinds: ['env'],
  version: 3,
  setBy: 'alice',
  setAt: '2026-11-21T09:57:00.000Z',
  olderIn: [],
  ...more,
});
const older = [
  { release: 12, live: false, until: '2026-11-21T10:10:00.000Z' },
  { release: 13, live: true },
];

const rows: CommandRow[] = [
  {
    argv: 'secrets -a hello',
    answers: {
      listSecrets: {
        version: 4,
        items: [secret('KEY', { kinds: ['build', 'file'], olderIn: older }), secret('OLD')],
        staged: { release: 12, added: ['NEW'], changed: ['KEY'], removed: ['OLD'] },
      },
    },
    asks: [['listSecrets', hello]],
    prints: [
      'KEY\tbuild, file\t2026-11-21T09:57:00.000Z\talice\tv12 until 2026-11-21T10:10:00.000Z, v13 (live)',
      'OLD\tenv\t2026-11-21T09:57:00.000Z\talice\t',
    ],
    stderr: [
      '       Staged, not in v12: +NEW ~KEY -OLD',
      '       The next release takes it; to make one now: sluice config:deploy -a hello',
    ],
  },
  {
    argv: 'secrets:set --from-file KEY=FOLDER/key.pem --from-file B=FOLDER/two.env --file --no-release -a hello',
    answers: { setSecrets: { version: 4, secrets: ['KEY', 'B'] } },
    asks: [
      [
        'setSecrets',
        hello,
        {
          values: { KEY: 'line one\nline two\n', B: 'A=hidden-a\nB="hidden\\nb"\n' },
          build: false,
          file: true,
          now: false,
          release: false,
        },
      ],
    ],
    prints: [
      '=====> Set KEY, B on hello (config version 4)',
      '       Staged: the next release takes it; to make one now: sluice config:deploy -a hello',
    ],
  },
  {
    argv: 'secrets:import FOLDER/two.env --build -a hello',
    answers: { setSecrets: { version: 4, secrets: ['A', 'B'] } },
    asks: [
      [
        'setSecrets',
        hello,
        { values: { A: 'hidden-a', B: 'hidden\nb' }, build: true, file: false, now: false },
      ],
    ],
    prints: ['=====> Set A, B on hello (config version 4)', '       The next build takes it'],
  },
  {
    argv: 'secrets:import FOLDER/bad.env -a hello',
    answers: {},
    asks: [],
    prints: [],
    stderr: [
      ' !     FOLDER/bad.env is not understood, so nothing was set',
      '       FOLDER/bad.env:2: no key and "=" begin this line: write KEY=value',
      '       FOLDER/bad.env:3: B: the value begins with " and no " ends it',
      ' !     Mend it and try again',
    ],
    code: 1,
  },
  {
    argv: 'secrets:unset A B --detach -a hello',
    answers: { setSecrets: { version: 5, release: configRelease } },
    asks: [['setSecrets', hello, { values: { A: null, B: null }, now: false }]],
    prints: [
      '=====> Removed A, B on hello (config version 5)',
      '=====> v13 is on its way: Set LOG_LEVEL',
      '       See: sluice rollouts:show v13 -f -a hello',
      '       Undo: sluice rollouts:abort v13 -a hello',
    ],
  },
  {
    argv: 'secrets:set A --env --build -a hello',
    answers: {},
    asks: [],
    prints: [],
    stderr: [' !     --env is the opposite of --build and --file', ' !     Give one or the other'],
    code: 2,
  },
  {
    argv: 'secrets:set --from-file X=FOLDER/binary -a hello',
    answers: {},
    asks: [],
    prints: [],
    stderr: [
      ' !     FOLDER/binary is not text in UTF-8, and a variable can only hold text',
      ' !     Encode it, and let the app decode it: base64 -w0 FILE | sluice secrets:set KEY',
    ],
    code: 2,
  },
];

test.each(rows)('sluice $argv', (row) => expectCommand(api, row, folder));

describe('a value', () => {
  const settings = () => ({ dataDir: api.dataDir });
  const set = () => api.on('setSecrets', () => ({ version: 4, secrets: [] }));
  const values = () => (api.asked[0]?.body as { values: unknown } | undefined)?.values;

  test('is asked for on a terminal, one by one and without an echo', async () => {
    set();
    const { code, stdout, stderr } = await invoke(['secrets:set', 'A', 'B', '-a', 'hello'], {
      settings: settings(),
      typed: 'hidden a \nhidden-b\n',
    });
    expect(code).toBe(0);
    expect(values()).toEqual({ A: 'hidden a ', B: 'hidden-b' });
    expect(stderr).toBe('Value of A (not shown): \nValue of B (not shown): \n');
    expect(stdout).not.toContain('hidden');
  });

  test.each([
    ['', 'no answer was given'],
    ['\n', 'the value of A is empty'],
  ])('that is not given (%j) sets nothing', async (typed, message) => {
    const { code, stderr } = await invoke(['secrets:set', 'A', '-a', 'hello'], {
      settings: settings(),
      typed,
    });
    expect({ code, asked: api.asked }).toEqual({ code: 1, asked: [] });
    expect(stderr).toContain(message);
  });

  test.each([[['A']], [['A=-']]])('comes from a pipe, without its last line end: %j', async (names) => {
    set();
    const stdin = new PassThrough();
    stdin.end('hidden\nvalue\r\n');
    const { code } = await invoke(['secrets:set', ...names, '-a', 'hello'], { settings: settings(), stdin });
    expect({ code, values: values() }).toEqual({ code: 0, values: { A: 'hidden\nvalue' } });
  });

  test('for two secrets does not come from one pipe', async () => {
    const { code, stderr } = await invoke(['secrets:set', 'A', 'B', '-a', 'hello'], { settings: settings() });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        ' !     stdin holds one value, and A, B want it\n !     Several at once, as NAME=value lines: sluice secrets:import - < FILE\n',
    });
  });

  test('on the command line is taken, with a warning that does not repeat it', async () => {
    set();
    const { stderr } = await invoke(['secrets:set', 'A=hidden', '-a', 'hello'], { settings: settings() });
    expect(values()).toEqual({ A: 'hidden' });
    expect(stderr).toMatch(/^ ! {5}A: the shell's history .* sluice secrets:set A -a hello asks for it\n$/);
  });
});

describe('secrets:rotate', () => {
  const rotate = (...argv: string[]) =>
    invoke(['secrets:rotate', ...argv, '-a', 'hello'], { settings: { dataDir: api.dataDir } });

  test('follows the release, and says what still runs with the old value', async () => {
    api
      .on('listSecrets', () => ({ version: 4, items: [secret('KEY', { olderIn: [older[0]] })] }))
      .on('rotateSecret', () => ({ version: 4, secrets: ['KEY'], release: configRelease }))
      .on('getRollout', () => promoted)
      .on('getApp', () => app);
    const { code, stdout } = await rotate('KEY', '--generate');
    expect(code).toBe(0);
    expect(api.asked.find(({ route }) => route === 'rotateSecret')).toMatchObject({
      params: { app: 'hello', secret: 'KEY' },
      body: { generate: 32, now: false },
    });
    expect(stdout.split('\n').slice(-4, -1)).toEqual([
      '       v12 is kept with the old value, for a quick way back, until 2026-11-21T10:10:00.000Z',
      '       Once nothing runs with the old value (sluice secrets -a hello), revoke it where it was issued',
      '       A rollback to a release from before brings the old value back',
    ]);
  });

  test('asks for no value when there is no such secret', async () => {
    api.on('listSecrets', () => ({ version: 4, items: [] }));
    const { code, stderr } = await rotate('KEY');
    expect(code).toBe(1);
    expect(stderr).toContain('there is no secret KEY to rotate');
  });

  test('says what the platform refused', async () => {
    api
      .on('listSecrets', () => ({ version: 4, items: [secret('KEY')] }))
      .on(
        'rotateSecret',
        () => new Refused(409, 'secret_unchanged', 'that is the value which KEY has already'),
      );
    const { code, stderr } = await rotate('KEY', '--from-file', join(folder, 'key.pem'));
    expect(code).toBe(1);
    expect(stderr).toContain('that is the value which KEY has already');
  });
});
