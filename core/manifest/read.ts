import type { AppJson } from './app-json.ts';
import { readAppJson } from './app-json.ts';
import type { Report } from './located.ts';
import { reportFor } from './located.ts';
import type { Manifest, ManifestProblem, ReadFile } from './manifest.ts';
import { DEFAULT_CANARY } from './manifest.ts';
import type { Procfile } from './procfile.ts';
import { readProcfile } from './procfile.ts';
import { readScale } from './scale.ts';
import type { SluiceYaml } from './sluice-yaml.ts';
import { canaryPolicy, readSluiceYaml } from './sluice-yaml.ts';
import { readDockerfiles } from './stages.ts';

export type ManifestResult =
  | {
      readonly manifest: Manifest;
      readonly problems: readonly [];
      /** What the pusher should know though nothing is wrong. */
      readonly notices: readonly string[];
    }
  | {
      readonly manifest: undefined;
      readonly problems: readonly ManifestProblem[];
      readonly notices: readonly [];
    };

/** Characters of one configuration file. */
const MAX_LENGTH = 64 * 1024;
const DEFAULT_BUILD_SECONDS = 30 * 60;

/**
 * Reads sluice.yaml, Procfile, app.json and the Dockerfile's stages of one commit.
 * Gives the manifest with defaults filled in, or everything that is wrong, in the order of files and lines.
 * Throws only what `readFile` throws.
 */
export async function readManifest(readFile: ReadFile): Promise<ManifestResult> {
  const problems: ManifestProblem[] = [];
  const read = async <T>(
    file: string,
    parse: (text: string, report: Report) => T,
  ): Promise<T | undefined> => {
    const text = await readFile(file);
    if (text === undefined) return undefined;
    const report = reportFor(file, problems);
    if (text.length <= MAX_LENGTH) return parse(text, report);
    report(0, `${text.length} characters`, `at most ${MAX_LENGTH} characters`);
    return undefined;
  };
  const sluice = (await read('sluice.yaml', readSluiceYaml)) ?? {};
  await refuseOtherSpelling(readFile, problems);
  const procfile = await read('Procfile', readProcfile);
  const appJson = await read('app.json', readAppJson);
  const processes = processesOf(procfile);
  // What follows from a mistake is not told as another one.
  const isRight = (file: string): boolean => !problems.some((problem) => problem.file === file);
  const scale = isRight('Procfile') ? readScale(sluice, appJson, Object.keys(processes), problems) : {};
  const { test, dockerfile } = await readDockerfiles(readFile, sluice, isRight('sluice.yaml'), problems);
  if (problems.length > 0) return { manifest: undefined, problems: byPlace(problems), notices: [] };

  const manifest: Manifest = {
    build: {
      dockerfile,
      ...(sluice.build?.target === undefined ? {} : { target: sluice.build.target.value }),
      context: sluice.build?.context ?? '.',
      args: Object.fromEntries(sluice.build?.args ?? []),
    },
    ...(test === undefined ? {} : { test }),
    buildTimeoutSeconds: sluice.build?.timeout ?? DEFAULT_BUILD_SECONDS,
    processes,
    ...(procfile?.releaseCommand === undefined ? {} : { releaseCommand: procfile.releaseCommand }),
    web: {
      ...(sluice.web?.port === undefined ? {} : { port: sluice.web.port }),
      health: {
        path: sluice.web?.health?.path ?? appJson?.healthPath ?? '/',
        timeoutSeconds: sluice.web?.health?.timeout ?? 60,
      },
      graceSeconds: sluice.web?.grace ?? 30,
    },
    scale,
    canary: canaryPolicy(sluice.canary, DEFAULT_CANARY),
    env: Object.fromEntries(appJson?.env ?? []),
  };
  return { manifest, problems: [], notices: notices(sluice, appJson) };
}

/** Whether a problem is that the commit has no Dockerfile, which `sluice init` mends. */
export function isNoDockerfile(problem: ManifestProblem): boolean {
  return problem.code === 'no_dockerfile';
}

function processesOf(procfile: Procfile | undefined): Manifest['processes'] {
  if (procfile === undefined) return { web: {} };
  return Object.fromEntries([...procfile.processes].map(([type, command]) => [type, { command }]));
}

async function refuseOtherSpelling(readFile: ReadFile, problems: ManifestProblem[]): Promise<void> {
  if ((await readFile('sluice.yml')) === undefined) return;
  reportFor('sluice.yml', problems)(
    0,
    'this file is not read',
    'name it sluice.yaml: `git mv sluice.yml sluice.yaml`',
  );
}

function notices(sluice: SluiceYaml, appJson: AppJson | undefined): string[] {
  const said: string[] = [];
  if (appJson === undefined) return said;
  for (const [type, { value }] of appJson.formation) {
    const own = sluice.scale?.get(type)?.value;
    if (own !== undefined && own !== value)
      said.push(`${type}: ${own} by sluice.yaml, not ${value} by app.json`);
  }
  for (const key of appJson.generated) {
    said.push(`app.json: no value is generated for ${key}; set it with \`sluice config:set ${key}=…\``);
  }
  return said;
}

/** By line within each file, files in the order in which they were read. */
function byPlace(problems: readonly ManifestProblem[]): ManifestProblem[] {
  const files = [...new Set(problems.map(({ file }) => file))];
  return problems.toSorted((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line);
}
