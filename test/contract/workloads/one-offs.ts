import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { Refusal } from '../../../core/reason.ts';
import type { WorkloadsRig } from './rig.ts';

export function oneOffs(rig: WorkloadsRig): void {
  it('runs a one-off command: input, output, errors and exit code', async () => {
    const app = rig.newApp();
    const command = { ...rig.fixture.copyThenExit(3), key: 'once', tty: false };
    const one = await rig.workloads.run(rig.release(app, 1), command);
    one.stream.end('hello\n');
    const [output, errors, exit] = await Promise.all([
      text(one.stream),
      text(one.stderr ?? one.stream),
      one.exit,
    ]);
    expect({ output, errors, exit }).toEqual({
      output: 'hello\n',
      errors: 'oops\n',
      exit: { code: 3, oomKilled: false },
    });
  });

  it('runs a Procfile command of one key at most once, and knows how it ended', async () => {
    const app = rig.newApp();
    const { command } = rig.fixture.copyThenExit(4);
    const asText = Array.isArray(command) ? (command.at(-1) ?? '') : command;
    const once = { command: asText, key: 'release-1', tty: false };
    expect(await rig.workloads.findOneOff(app.id, once.key)).toBeUndefined();
    const one = await rig.workloads.run(rig.release(app, 1), once);
    one.stream.resume();
    one.stderr?.resume();
    expect(await rig.workloads.findOneOff(app.id, once.key)).toEqual({ state: 'running' });
    await expect(rig.workloads.run(rig.release(app, 1), once)).rejects.toThrow(Refusal);
    one.stream.end();
    await one.exit;
    expect(await rig.workloads.findOneOff(app.id, once.key)).toEqual({ state: 'exited', code: 4 });
    await expect(rig.workloads.run(rig.release(app, 1), once)).rejects.toThrow(Refusal);
  });

  it('does not begin a command when told so in the last moment, and begins it when asked again', async () => {
    const app = rig.newApp();
    const { command } = rig.fixture.copyThenExit(4);
    const asText = Array.isArray(command) ? (command.at(-1) ?? '') : command;
    const once = { command: asText, key: 'release-1', tty: false };
    const begins = (): void => {
      throw new Error('not now');
    };
    await expect(rig.workloads.run(rig.release(app, 1), { ...once, begins })).rejects.toThrow('not now');
    expect((await rig.workloads.findOneOff(app.id, once.key))?.state).not.toBe('running');
    let begun = 0;
    const one = await rig.workloads.run(rig.release(app, 1), { ...once, begins: () => (begun += 1) });
    expect(begun).toBe(1);
    one.stream.resume();
    one.stderr?.resume();
    one.stream.end();
    expect((await one.exit).code).toBe(4);
  });

  it('kills a one-off', async () => {
    const app = rig.newApp();
    const one = await rig.workloads.run(rig.release(app, 1), {
      ...rig.fixture.copyThenExit(0),
      key: 'killed',
      tty: false,
    });
    one.stream.resume();
    one.stderr?.resume();
    await one.kill();
    expect(await one.exit).toEqual({ code: 137, oomKilled: false });
  });

  it('ends a Procfile command by its key, whoever started it', async () => {
    await rig.fixture.removals?.over();
    const app = rig.newApp();
    const { command } = rig.fixture.copyThenExit(0);
    const asText = Array.isArray(command) ? (command.at(-1) ?? '') : command;
    const once = { command: asText, key: 'release-2', tty: false };
    const one = await rig.workloads.run(rig.release(app, 1), once);
    one.stream.resume();
    one.stderr?.resume();
    const another = rig.fixture.reopen();
    await another.endOneOff(app.id, once.key);
    const killed = { state: 'exited', code: 137 };
    expect(await another.findOneOff(app.id, once.key)).toEqual(killed);
    await another.close();
    expect(await one.exit).toMatchObject({ code: 137 });
    await rig.workloads.endOneOff(app.id, once.key);
    await rig.workloads.endOneOff(app.id, 'never-started');
    expect(await rig.workloads.findOneOff(app.id, once.key)).toEqual(killed);
  });
}
