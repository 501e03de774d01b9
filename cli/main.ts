#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { readSettings } from './settings.ts';
import { isBrokenPipe, processTerminal } from './terminal.ts';

const settings = readSettings();
// Compiled code is kept in the person's own cache folder: half of a short command's time is compiling.
enableCompileCache(join(settings.cacheFolder, 'compiled'));
const { run } = await import('./program.ts');

// A reader that has enough (`sluice apps | head -1`) is not an error: the exit code stays that of the command.
process.stdout.on('error', unwritten);
process.stderr.on('error', () => undefined);

const code = await run(process.argv.slice(2), {
  terminal: processTerminal(settings),
  settings,
  folder: process.cwd(),
  now: () => new Date(),
});
// What is still open now (an idle ssh, a stdin that nobody reads) must not keep the command from ending.
process.stdout.write('', () => {
  if (process.stdout.errored !== null) unwritten(process.stdout.errored);
  process.exit(code);
});

function unwritten(error: Error): void {
  if (isBrokenPipe(error)) return;
  process.stderr.write(` !     stdout cannot be written: ${error.message}\n`);
  process.exit(1);
}
