import { isNoDockerfile, readManifest } from '../../../core/manifest/read.ts';
import type { ManifestProblem, ReadFile } from '../../../core/manifest/manifest.ts';
import { refuse } from '../refusals.ts';
import type { Reason } from '../../../core/reason.ts';

/** More lines than this help nobody who mends the first. */
const MOST_SHOWN = 20;

/** sluice.yaml, Procfile, app.json and the Dockerfile. */
export async function checkConfigFiles(readFile: ReadFile): Promise<Reason | undefined> {
  const { problems } = await readManifest(readFile);
  const missing = problems.find((problem) => isNoDockerfile(problem));
  if (missing !== undefined && problems.length === 1) {
    return refuse('no_dockerfile', { detail: `${place(missing)}: ${missing.message}.` });
  }
  if (problems.length === 0) return undefined;
  const files = [...new Set(problems.map(({ file }) => file))];
  const more = problems.length - MOST_SHOWN;
  return refuse(
    'broken_config',
    { count: problems.length === 1 ? 'One thing' : `${problems.length} things`, files: files.join(', ') },
    [
      ...problems
        .slice(0, MOST_SHOWN)
        .flatMap((problem) => [`${place(problem)}: ${problem.message}`, `  right: ${problem.fix}`]),
      ...(more > 0 ? [`and ${more} more`] : []),
    ],
  );
}

function place({ file, line }: ManifestProblem): string {
  return line === 0 ? file : `${file}:${line}`;
}
