import { PassThrough, Readable } from 'node:stream';
import { oneOffExists } from '../one-off-exists.ts';
import type { OneOff, OneOffCommand, ReleaseSpec } from '../port.ts';
import type { MemoryEngine, MemoryOneOff } from './memory-engine.ts';

const KILLED = 137;

/** "Runs" a command: copies input to output and ends, when the input does, as the engine's `oneOff` says. */
export function runMemoryOneOff(engine: MemoryEngine, release: ReleaseSpec, command: OneOffCommand): OneOff {
  const name = `${release.app.id}/${command.key}`;
  const before = engine.oneOffs.get(name);
  if (before !== undefined && before.unbegun !== true) {
    throw oneOffExists(release, command.key);
  }
  const kept = typeof command.command === 'string';
  const text = typeof command.command === 'string' ? command.command : command.command.join(' ');
  const { errors = '', code } = engine.oneOff(text);
  const stream = new PassThrough();
  const ended = Promise.withResolvers<{ code: number; oomKilled: boolean }>();
  const end = (exitCode: number): void => {
    entry.code ??= exitCode;
    if (!kept) engine.oneOffs.delete(name);
    ended.resolve({ code: entry.code, oomKilled: false });
  };
  const kill = (): void => {
    end(KILLED);
    stream.end();
  };
  const entry: MemoryOneOff = { appId: release.app.id, key: command.key, kept, code: undefined, kill };
  command.begins?.();
  engine.oneOffs.set(name, entry);
  if (code !== undefined) stream.on('finish', () => end(code));
  return {
    stream,
    ...(command.tty ? {} : { stderr: Readable.from([errors]) }),
    resize: () => Promise.resolve(),
    exit: ended.promise,
    kill: async () => {
      kill();
      await ended.promise;
    },
  };
}
