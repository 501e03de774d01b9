import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Compiles the parts that run into dist/ and puts beside them the files that are not TypeScript (git hooks,
 * error pages, migrations). Does nothing when nothing has changed.
 */
const checkout = path.resolve(import.meta.dirname, '..');
const dist = path.join(checkout, 'dist');
const { include } = JSON.parse(readFileSync(path.join(checkout, 'tsconfig.build.json'), 'utf8'));

const files = globSync(
  include.map((part) => `${part}/**/*`),
  { cwd: checkout, withFileTypes: true },
)
  .filter((entry) => entry.isFile())
  .map((entry) => path.relative(checkout, path.join(entry.parentPath, entry.name)))
  .sort();

const inputs = createHash('sha256');
for (const file of [
  ...files,
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
  'scripts/build.mjs',
]) {
  const { mode } = statSync(path.join(checkout, file));
  inputs.update(`${file}\0${mode}\0`).update(readFileSync(path.join(checkout, file)));
}
const digest = inputs.digest('hex');
const stamp = path.join(dist, '.inputs');

if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) {
  process.exit(0);
}

// Compiled beside and swapped in, so that a platform that runs from dist/ never sees half of it.
const cache = path.join(checkout, 'node_modules/.cache');
const next = path.join(cache, `sluice-dist-${process.pid}`);
const previous = `${next}-previous`;
mkdirSync(cache, { recursive: true });
try {
  const tsc = path.join(checkout, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', next], {
    cwd: checkout,
    stdio: 'inherit',
  });
  for (const file of files.filter((name) => !name.endsWith('.ts'))) {
    cpSync(path.join(checkout, file), path.join(next, file), { preserveTimestamps: true });
  }
  const cli = path.join(next, 'cli/main.js');
  if (existsSync(cli)) chmodSync(cli, 0o755);
  writeFileSync(path.join(next, '.inputs'), digest);
  if (existsSync(dist)) renameSync(dist, previous);
  renameSync(next, dist);
} catch (error) {
  // tsc has said what is wrong; anything else has not.
  if (error.status === undefined) throw error;
  process.exitCode = 1;
} finally {
  rmSync(next, { recursive: true, force: true });
  rmSync(previous, { recursive: true, force: true });
}
