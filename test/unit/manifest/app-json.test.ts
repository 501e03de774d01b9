import { expect, test } from 'vitest';
import { manifestOf, noticesOf, problemsOf } from './reading.ts';

const PROCFILE = 'web: a\nworker: b\n';

test('formation gives the scale, and sluice.yaml wins over it', async () => {
  const files = {
    Procfile: PROCFILE,
    'app.json': '{"formation": {"web": {"quantity": 2, "size": "standard-1x"}, "worker": {"quantity": 3}}}',
    'sluice.yaml': 'scale: {web: 5}',
  };
  expect((await manifestOf(files)).scale).toEqual({ web: 5, worker: 3 });
  expect(await noticesOf(files)).toEqual(['web: 5 by sluice.yaml, not 2 by app.json']);
});

test.each([
  ['[{"type": "startup", "path": "/s"}]', '/s'],
  ['[{"type": "readiness", "path": "/r"}, {"type": "startup", "path": "/s"}]', '/s'],
  ['[{"type": "readiness", "path": "/r"}]', '/r'],
  ['[{"type": "liveness", "path": "/l"}]', '/'],
  ['[{"type": "startup", "uptime": 5}]', '/'],
  ['[]', '/'],
])('health checks %s give %s', async (checks, path) => {
  const files = { 'app.json': `{"healthchecks": {"web": ${checks}, "worker": [{"path": "/w"}]}}` };
  expect((await manifestOf(files)).web.health.path).toBe(path);
});

test('the health path of sluice.yaml wins', async () => {
  const files = {
    'app.json': '{"healthchecks": {"web": [{"type": "startup", "path": "/s"}]}}',
    'sluice.yaml': 'web: {health: {path: /mine}}',
  };
  expect((await manifestOf(files)).web.health.path).toBe('/mine');
});

test('env has defaults and required keys; a generator makes nothing up, and that is said', async () => {
  const files = {
    'app.json': `{"env": {
      "A": "a", "B": {"value": "b"}, "C": {"required": false}, "D": {"description": "d"},
      "SECRET": {"generator": "secret"}, "E": {"value": "", "required": false}
    }}`,
  };
  expect((await manifestOf(files)).env).toEqual({
    A: { value: 'a', required: true },
    B: { value: 'b', required: true },
    C: { required: false },
    D: { required: true },
    SECRET: { required: true },
    E: { value: '', required: false },
  });
  expect(await noticesOf(files)).toEqual([
    'app.json: no value is generated for SECRET; set it with `sluice config:set SECRET=…`',
  ]);
});

test('what other platforms read is left alone, tabs and escapes too', async () => {
  const text =
    '{\n\t"name": "x \\u00e9\\ud83d\\ude00 \\/",\n\t"addons": ["heroku-postgresql"],\n\t"stack": "container",\n\t"scripts": {"postdeploy": "x"}\n}\n';
  expect(await manifestOf({ 'app.json': text })).toEqual(await manifestOf({}));
});

test.each([
  ['{\n "env": {\n  "A": 3\n }\n}', '3: env.A is 3 -> a text in double quotes, such as `"value": "3"`'],
  [
    '{"env": {\n"A": {\n"value": true}}}',
    '3: env.A.value is true -> a text in double quotes, such as `"value": "3"`',
  ],
  [
    '{"env": {"A": {"required": "no"}}}',
    '1: env.A.required is "no" -> `"required": true` or `"required": false`',
  ],
  ['{"env": {"A": null}}', '1: env.A has no value -> a text in double quotes, such as `"value": "3"`'],
  [
    '{\n"env": {"PORT": "1"}}',
    '2: env: "PORT" cannot be set by an app -> PORT and SLUICE_* are set by the platform',
  ],
  [
    '{"env": {"__proto__": "1"}}',
    '1: env: "__proto__" cannot be set by an app -> a config key is letters, digits and "_"',
  ],
  ['{"env": []}', '1: env is a list -> a map, such as `"env": { }`'],
  ['{"env": {"A": "1",\n"A": "2"}}', '2: env.A is set twice -> keep one of the lines 1 and 2'],
  [
    '{"formation": {\n"web": {\n"quantity": -1}}}',
    '3: formation.web.quantity is -1 -> a whole number from 0 to 100, such as `"quantity": 1`',
  ],
  ['{"formation": {"web": 2}}', '1: formation.web is 2 -> a map, such as `"formation.web": { }`'],
  [
    '{"formation": {"wrker": {"quantity": 1}}}',
    '1: formation: there is no process "wrker" -> did you mean worker?',
  ],
  ['{"formatoin": {}}', '1: formatoin is not a known key -> did you mean formation?'],
  [
    '{"healthchecks": {"web": {}}}',
    '1: healthchecks.web is a map -> a list of checks, such as `"web": [{"type": "startup", "path": "/healthz"}]`',
  ],
  [
    '{"healthchecks": {"web": [\n{"path": "x"}]}}',
    '2: healthchecks.web[0].path is "x" -> a path that starts with /, such as `"path": "/healthz"`',
  ],
  ['[]', '1: the file is a list -> a map in { }'],
])('%j is refused', async (text, problem) => {
  expect(await problemsOf({ 'app.json': text, Procfile: PROCFILE })).toEqual([`app.json:${problem}`]);
});

test('what is not JSON is refused with its line', async () => {
  expect(await problemsOf({ 'app.json': '{\n  "env": {},\n}\n' })).toEqual([
    'app.json:3: not JSON: a comma before the end -> check commas, double quotes and brackets around this line',
  ]);
});
