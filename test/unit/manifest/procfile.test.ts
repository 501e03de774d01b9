import { expect, test } from 'vitest';
import { manifestOf, problemsOf } from './reading.ts';

test('processes and the release command are read', async () => {
  const text =
    '# how it runs\n\nweb: node server.js --port $PORT\r\nworker :  node worker.js  \nrelease: ./migrate: now\n';
  expect(await manifestOf({ Procfile: text })).toMatchObject({
    processes: { web: { command: 'node server.js --port $PORT' }, worker: { command: 'node worker.js' } },
    releaseCommand: './migrate: now',
  });
});

test('a process type may be of one letter, and of thirty', async () => {
  const longest = `w${'-'.repeat(28)}1`;
  const { processes } = await manifestOf({ Procfile: `w: x\n${longest}: y\n` });
  expect(Object.keys(processes)).toEqual(['w', longest]);
});

test('a Procfile without web means no web process', async () => {
  expect(Object.keys((await manifestOf({ Procfile: 'worker: x' })).processes)).toEqual(['worker']);
});

test.each([
  [
    'web node server.js',
    '1: "web node server.js" is not a process -> a line such as `web: npm start`, or # before a remark',
  ],
  ['\nweb:   ', '2: web has no command -> the command after the colon, such as `web: npm start`'],
  ['web: a\nworker: b\nweb: c', '3: web is there twice -> keep one of the lines 1 and 3'],
  ['web: a\nrelease: b\nrelease: c', '3: release is there twice -> keep one of the lines 2 and 3'],
  [
    'web: a\nMy_Worker: b',
    '2: "My_Worker" is not a name for a process -> 1 to 30 of a-z, 0-9 and "-", no "-" at its ends, such as `my-worker: …`',
  ],
  [
    'web: a\n1: b',
    '2: "1" is not a name for a process -> 1 to 30 of a-z, 0-9 and "-", no "-" at its ends, such as `worker: …`',
  ],
  [
    'web: a\nworker-: b',
    '2: "worker-" is not a name for a process -> 1 to 30 of a-z, 0-9 and "-", no "-" at its ends, such as `worker: …`',
  ],
  [
    'web: a\nconstructor: b',
    '2: "constructor" is not a name for a process -> 1 to 30 of a-z, 0-9 and "-", no "-" at its ends, such as `worker: …`',
  ],
  [
    `web: ${'x'.repeat(4001)}`,
    '1: the command of web cannot be run -> at most 4000 characters and no NUL; put it in a script',
  ],
  [
    'release: x',
    '0: no process to run -> a line such as `web: npm start`, or no Procfile to run the image as it is',
  ],
  [
    '# nothing\n',
    '0: no process to run -> a line such as `web: npm start`, or no Procfile to run the image as it is',
  ],
])('refusal %#', async (text, problem) => {
  expect(await problemsOf({ Procfile: text })).toEqual([`Procfile:${problem}`]);
});

test('more than twenty process types are refused', async () => {
  const text = Array.from({ length: 21 }, (_, index) => `p${index}: x`).join('\n');
  expect(await problemsOf({ Procfile: text })).toEqual(['Procfile:0: 21 process types -> at most 20']);
});
