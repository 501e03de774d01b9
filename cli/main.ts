#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { readSettings } from './settings.ts';
import { processTerminal } from './terminal.ts';

const settings = readSettings();
// Compiled code is kept in the person's own cache folder: half of a short command's time is compiling.
enableCompileCache(join(settings.cacheFolder, 'compiled'));
const { run } = await import('./program.ts');

// A reader that has enough (`sluice apps | head -1`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const code = await run(process.argv.slice(2), {
  terminal: processTerminal(settings),
  settings,
  folder: process.cwd(),
  now: () => new Date(),
});
// What is still open now (an idle ssh, a stdin that nobody reads) must not keep the command from ending.
process.stdout.write('', () => process.exit(code));
