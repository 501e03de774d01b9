import { StringDecoder } from 'node:string_decoder';
import type { RunOutput } from '../../api/run-session.ts';
import type { Context } from '../../context.ts';
import { write } from '../../terminal.ts';

/** Where the bytes of a command go: as they are, for it is the person's own command; with --json a line each. */
export function runOutput({ json, out, terminal }: Context): RunOutput {
  if (!json) {
    return {
      stdout: (bytes) => write(terminal.stdout, bytes),
      stderr: (bytes) => write(terminal.stderr, bytes),
    };
  }
  const record = (stream: 'stdout' | 'stderr') => {
    const decoder = new StringDecoder('utf8');
    return async (bytes: Buffer) => {
      const data = decoder.write(bytes);
      if (data !== '') await out.record({ stream, data });
    };
  };
  return { stdout: record('stdout'), stderr: record('stderr') };
}
