import { StringDecoder } from 'node:string_decoder';
import type { RunOutput } from '../../api/run-session.ts';
import type { Context } from '../../context.ts';
import { isBrokenPipe, write } from '../../terminal.ts';

/**
 * Where the bytes of a command go: as they are, for it is the person's own command; with --json a line each. A stdout
 * that nobody reads ends the command, as it would on this machine.
 */
export function runOutput({ json, terminal }: Context): RunOutput {
  if (!json) {
    return {
      stdout: (bytes) => write(terminal.stdout, bytes),
      stderr: (bytes) =>
        write(terminal.stderr, bytes).catch((error: unknown) => {
          if (!isBrokenPipe(error)) throw error;
        }),
    };
  }
  const record = (stream: 'stdout' | 'stderr') => {
    const decoder = new StringDecoder('utf8');
    return async (bytes: Buffer) => {
      const data = decoder.write(bytes);
      if (data !== '') await write(terminal.stdout, `${JSON.stringify({ stream, data })}\n`);
    };
  };
  return { stdout: record('stdout'), stderr: record('stderr') };
}
