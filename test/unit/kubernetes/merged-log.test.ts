import { expect, test } from 'vitest';
import { MergedLog } from '../../../engines/kubernetes/build/merged-log.ts';
import type { OwnLines } from '../../../engines/kubernetes/build/merged-log.ts';

/** A Job's log in three pieces, with something of the runner's own before, between and after. */
const PIECES = ['one\n', 'two ünd\n', 'three\n'];

class Attempt {
  own: OwnLines = { before: 0, lines: [] };
  server = '';

  /** A runner that tells the log until `dies` says so, on what the one before it has left. */
  async tell(dies: (written: number) => boolean = () => false, from = 0): Promise<void> {
    const had = Buffer.byteLength(this.server);
    let written = 0;
    const log = new MergedLog(
      this.own,
      had,
      async (bytes) => {
        if (dies(written++)) throw new Error('died');
        this.server = Buffer.concat([Buffer.from(this.server), bytes]).toString();
      },
      async (own) => void (this.own = own),
    );
    let at = 0;
    for (const [index, piece] of PIECES.entries()) {
      if (index === 0) await log.say('waits', 'it waits\n');
      if (index >= from) await log.add(at, piece);
      at += Buffer.byteLength(piece);
      if (index === 1) {
        await log.reach(at);
        if (!log.known) await log.say('tested', 'tests cached\n');
      }
    }
  }
}

const WHOLE = 'it waits\none\ntwo ünd\ntests cached\nthree\n';

test('own lines stand where they were said', async () => {
  const attempt = new Attempt();
  await attempt.tell();
  expect(attempt.server).toBe(WHOLE);
});

test.each([0, 1, 2, 3, 4])(
  'a runner that died after %i writes is followed without a gap or a double',
  async (n) => {
    const attempt = new Attempt();
    await expect(attempt.tell((written) => written === n)).rejects.toThrow('died');
    await attempt.tell();
    expect(attempt.server).toBe(WHOLE);
  },
);

test('a runner may die within a line, and the next one as well', async () => {
  for (let bytes = 1; bytes < Buffer.byteLength(WHOLE); bytes++) {
    const attempt = new Attempt();
    await attempt.tell();
    const cut = Buffer.from(WHOLE).subarray(0, bytes);
    // Half a character is no text, and never sent alone.
    if (cut.toString().includes('\ufffd')) continue;
    attempt.server = cut.toString();
    await attempt.tell();
    expect(attempt.server, `cut after ${bytes} bytes`).toBe(WHOLE);
  }
});

test('bytes of the builder that came before the Job are counted', async () => {
  const attempt = new Attempt();
  attempt.server = 'the API does not answer; trying again\n';
  attempt.own = { before: attempt.server.length, lines: [] };
  await attempt.tell();
  await attempt.tell();
  expect(attempt.server).toBe(`the API does not answer; trying again\n${WHOLE}`);
});

test('what the cluster has not kept and the server has is passed over in silence', async () => {
  const attempt = new Attempt();
  await expect(attempt.tell((written) => written === 3)).rejects.toThrow('died');
  await attempt.tell(undefined, 2);
  expect(attempt.server).toBe(WHOLE);
});

test('what is kept nowhere is said to be missing, once', async () => {
  const attempt = new Attempt();
  await expect(attempt.tell((written) => written === 2)).rejects.toThrow('died');
  await attempt.tell(undefined, 2);
  const missing = '[some output is missing here: the cluster has not kept it]\n';
  expect(attempt.server).toBe(`it waits\none\n${missing}tests cached\nthree\n`);
  await attempt.tell(undefined, 2);
  await attempt.tell();
  expect(attempt.server).toBe(`it waits\none\n${missing}tests cached\nthree\n`);
});
