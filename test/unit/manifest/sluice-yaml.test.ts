import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { DEFAULT_CANARY, Manifest } from '../../../core/manifest/manifest.ts';
import { manifestOf, problemsOf } from './reading.ts';

const STAGES = 'FROM a AS test\nFROM b AS production\n';

test('a Dockerfile alone is enough', async () => {
  expect(await manifestOf({})).toEqual({
    build: { dockerfile: 'Dockerfile', context: '.', args: {} },
    buildTimeoutSeconds: 1800,
    processes: { web: {} },
    web: { health: { path: '/', timeoutSeconds: 60 }, graceSeconds: 30 },
    scale: {},
    canary: DEFAULT_CANARY,
    env: {},
  });
});

test.each(['', '\n', '# nothing yet\n', '---\n', 'null\n', '{}'])('%j says nothing', async (text) => {
  expect(await manifestOf({ 'sluice.yaml': text })).toEqual(await manifestOf({}));
});

test('the annotated example in the documentation is right, and says the defaults where it can', async () => {
  const page = await readFile(new URL('../../../docs/sluice-yaml.md', import.meta.url), 'utf8');
  const [, yaml = ''] = /```yaml\n([^]*?)```/.exec(page) ?? [];
  const [, appJson = ''] = /```json\n([^]*?)```/.exec(page) ?? [];
  const [, procfile = ''] = /```\n(web:[^]*?)```/.exec(page) ?? [];
  const manifest = await manifestOf({
    Dockerfile: STAGES,
    'sluice.yaml': yaml,
    'app.json': appJson,
    Procfile: procfile,
  });
  expect(Manifest.parse(manifest)).toEqual({
    build: { dockerfile: 'Dockerfile', target: 'production', context: '.', args: { NODE_VERSION: '26' } },
    test: { dockerfile: 'Dockerfile', target: 'test', command: 'npm test', timeoutSeconds: 600 },
    buildTimeoutSeconds: 1800,
    processes: { web: { command: 'node server.js' }, worker: { command: 'node worker.js' } },
    releaseCommand: 'node migrate.js',
    web: { port: 8080, health: { path: '/healthz', timeoutSeconds: 60 }, graceSeconds: 30 },
    scale: { web: 2, worker: 1 },
    canary: DEFAULT_CANARY,
    env: {
      LOG_LEVEL: { value: 'info', required: true },
      DATABASE_URL: { required: true },
      SENTRY_DSN: { required: false },
    },
  });
});

describe('what is right', () => {
  test.each(['canary: off', 'canary: "off"', 'canary: false'])('%s turns the canary off', async (text) => {
    expect((await manifestOf({ 'sluice.yaml': text })).canary).toBe(false);
  });

  test('a canary that says one thing keeps the other defaults', async () => {
    const { canary } = await manifestOf({
      'sluice.yaml': 'canary: {steps: [10%, 50.5], max_error_rate: 0.5%}',
    });
    expect(canary).toEqual({ ...DEFAULT_CANARY, steps: [10, 50.5], maxErrorRate: 0.005 });
  });

  test('build arguments stay as they are written', async () => {
    const text = 'build:\n  args: {A: 1.10, B: true, C: "", D: 0x1F, E: "a: b"}\n';
    const { build } = await manifestOf({ 'sluice.yaml': text });
    expect(build.args).toEqual({ A: '1.10', B: 'true', C: '', D: '0x1F', E: 'a: b' });
  });

  test('anchors and aliases are followed', async () => {
    const text = 'web: {grace: &time 40s, health: {timeout: *time}}\nscale: &s {web: 3}\n';
    expect((await manifestOf({ 'sluice.yaml': text })).web).toMatchObject({
      graceSeconds: 40,
      health: { timeoutSeconds: 40 },
    });
  });

  test('Windows line ends and a byte order mark do no harm', async () => {
    const text = '\ufeffweb:\r\n  port: 3000\r\nscale:\r\n  web: 2\r\n';
    expect(await manifestOf({ 'sluice.yaml': text })).toMatchObject({
      web: { port: 3000 },
      scale: { web: 2 },
    });
  });
});

describe('what is wrong', () => {
  test.each([
    ['bild: {}', '1: bild is not a known key -> did you mean build?'],
    ['a: 1', '1: a is not a known key -> the keys here are build, test, web, scale and canary'],
    ['web:\n\n  prot: 80', '3: web.prot is not a known key -> did you mean port?'],
    [
      'canary:\n  maxErrorRate: 1%',
      '2: canary.maxErrorRate is not a known key -> did you mean max_error_rate?',
    ],
    ['web: {port: 1}\ntest: {}\nweb: {}', '3: web is set twice -> keep one of the lines 1 and 3'],
    ['scale: {web: 1,\n web: 2}', '2: scale.web is set twice -> keep one of the lines 1 and 2'],
    ['- web', '1: the file is a list -> a map with build, test, web, scale and canary'],
    ['web', '1: the file is "web" -> a map with build, test, web, scale and canary'],
    ['web: 8080', '1: web is 8080 -> a map with port, health and grace'],
    ['web:', '1: web has no value -> a map with port, health and grace'],
    ['web: {port: 0}', '1: web.port is 0 -> a whole number from 1 to 65535, such as `port: 8080`'],
    ['web: {port: "80"}', '1: web.port is "80" -> a whole number from 1 to 65535, such as `port: 8080`'],
    ['web: {port: 80.5}', '1: web.port is 80.5 -> a whole number from 1 to 65535, such as `port: 8080`'],
    ['web: {grace: 30}', '1: web.grace is 30 -> a duration of 0s to 1h, such as `grace: 30s`'],
    ['web: {grace: 2h}', '1: web.grace is "2h" -> a duration of 0s to 1h, such as `grace: 30s`'],
    [
      'web:\n  health:\n    path: healthz',
      '3: web.health.path is "healthz" -> a path that starts with /, such as `path: /healthz`',
    ],
    [
      'web: {health: {path: "/a b"}}',
      '1: web.health.path is "/a b" -> a path that starts with /, such as `path: /healthz`',
    ],
    [
      'web: {health: {path: "/a\\r\\nX: y"}}',
      '1: web.health.path is "/a\\r\\nX: y" -> a path that starts with /, such as `path: /healthz`',
    ],
    [
      'build: {context: ../x}',
      '1: build.context is "../x" -> a path inside the repository, without a leading / and without .., such as `context: .`',
    ],
    [
      'build: {args: {1A: x}}',
      '1: "1A" is not a name for build.args -> letters, digits and "_", such as `NODE_VERSION: "26"`',
    ],
    [
      'build: {args: {__proto__: x}}',
      '1: "__proto__" is not a name for build.args -> letters, digits and "_", such as `NODE_VERSION: "26"`',
    ],
    ['build: {args: {A: }}', '1: build.args.A has no value -> a text, such as `A: ""`'],
    ['build: {args: [A=b]}', '1: build.args is a list -> a map of `name: value` lines'],
    ['test: {timeout: 0s}', '1: test.timeout is "0s" -> a duration of 1s to 24h, such as `timeout: 10m`'],
    [
      'test: {command: [npm, test]}',
      '1: test.command is a list -> a text of 1 to 4000 characters, such as `command: npm test`',
    ],
    ['test: {target: -o}', '1: test.target is "-o" -> the name of a stage, as in `FROM node:26 AS test`'],
    ['canary: on', '1: canary is "on" -> `canary: off`, or a map such as `canary: {steps: [5, 25, 50]}`'],
    ['canary: {steps: []}', '1: canary.steps is a list -> a list of 1 to 20, such as `steps: [5, 25, 50]`'],
    ['canary: {steps: 5}', '1: canary.steps is 5 -> a list of 1 to 20, such as `steps: [5, 25, 50]`'],
    [
      'canary: {steps: [50, 5, 5]}',
      '1: canary.steps does not go up at each step -> such as `steps: [5, 50]`',
    ],
    [
      'canary:\n  steps:\n    - 5\n    - 100',
      '4: canary.steps[1] is 100 -> a percentage of traffic from 1 to 99',
    ],
    [
      'canary: {max_error_rate: 0.01}',
      '1: canary.max_error_rate is 0.01 -> a percentage from 0% to 100%, such as `max_error_rate: 1%`',
    ],
    [
      'canary: {max_latency_ratio: 0.5}',
      '1: canary.max_latency_ratio is 0.5 -> a number from 1 to 100, such as `max_latency_ratio: 1.5`',
    ],
    [
      'canary: {max_latency_ratio: .nan}',
      '1: canary.max_latency_ratio is .nan -> a number from 1 to 100, such as `max_latency_ratio: 1.5`',
    ],
    ['canary: {on_no_data: go}', '1: canary.on_no_data is "go" -> one of promote, hold, rollback'],
    ['scale: {web: -1}', '1: scale.web is -1 -> a whole number from 0 to 100, such as `web: 2`'],
    ['scale: {wbe: 1}', '1: scale: there is no process "wbe" -> did you mean web?'],
    [
      'scale: {release: 1}',
      '1: scale: there is no process "release" -> leave it out: the release command runs once and is not scaled',
    ],
    [
      'scale: {worker: 1}',
      '1: scale: there is no process "worker" -> one of web, or a line `worker: …` in the Procfile',
    ],
    [
      'web: {port: 1}\n---\nweb: {port: 2}',
      '2: a second document begins here (`---`) -> write it as YAML: `key: value`, two spaces a level',
    ],
    [
      'a: *b',
      '1: the alias "b" has no anchor before it -> write the values out, without anchors and aliases',
    ],
  ])('%j', async (text, problem) => {
    expect(await problemsOf({ 'sluice.yaml': text })).toEqual([`sluice.yaml:${problem}`]);
  });

  test.each([
    ['web:\n\tport: 1', 2],
    ['web: {port: 1', 1],
    ['web:\n  grace: "30s\n', 3],
    ['web:\n port: 1\n  grace: 1s', 2],
    ['web: !!python/object:os.system {}', 1],
  ])('%j is not YAML, at line %d', async (text, line) => {
    const problems = await problemsOf({ 'sluice.yaml': text });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^sluice.yaml:${line}: not YAML: .+ -> write it as YAML`));
  });

  test('everything wrong is said at once, by line', async () => {
    const text = 'canary: {keep: 1}\nweb: {port: x}\nbuild: {context: /}\n';
    const problems = await problemsOf({ 'sluice.yaml': text, Procfile: 'oops\n' });
    expect(problems.map((problem) => problem.split(': ')[0])).toEqual([
      'sluice.yaml:1',
      'sluice.yaml:2',
      'sluice.yaml:3',
      'Procfile:1',
    ]);
  });

  test('the other spelling of the name is not passed over', async () => {
    expect(await problemsOf({ 'sluice.yml': 'web: {}' })).toEqual([
      'sluice.yml:0: this file is not read -> name it sluice.yaml: `git mv sluice.yml sluice.yaml`',
    ]);
  });
});

describe('hostile files are refused soon', () => {
  // Each line holds nine times the one before: 9^8 values in 300 characters.
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
  const bomb = names
    .map(
      (name, index) =>
        `${name}: &${name} [${Array(9)
          .fill(index === 0 ? 'x' : `*${names[index - 1] ?? ''}`)
          .join(', ')}]\n`,
    )
    .join('');

  test.each([
    ['an alias bomb', bomb, 'more than 5000 values'],
    ['an anchor that holds itself', 'a: &a [*a]\n', 'more than 20 levels'],
    ['brackets within brackets', '['.repeat(60_000), 'nested too deeply'],
    ['maps within maps', '{a: '.repeat(16_000), 'nested too deeply'],
    ['dashes', '- '.repeat(30_000), 'nested too deeply'],
    ['many keys', 'a:\n'.repeat(21_000), 'more than 5000 values'],
    ['a long file', `#${'x'.repeat(64 * 1024)}`, '65537 characters'],
  ])('%s', async (_, text, message) => {
    const begun = performance.now();
    const problems = await problemsOf({ 'sluice.yaml': text });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});
