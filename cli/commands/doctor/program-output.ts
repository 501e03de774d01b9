import { execFile } from 'node:child_process';

/** What a program prints; undefined when it is missing or fails. Ten seconds at most. */
export function programOutput(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 10_000 }, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    );
  });
}
