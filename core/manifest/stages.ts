import { hasStage, readStages } from './dockerfile.ts';
import type { DockerfileStage } from './dockerfile.ts';
import type { Report } from './located.ts';
import { reportFor } from './located.ts';
import type { Manifest, ManifestProblem, ReadFile } from './manifest.ts';
import { nearest } from './nearest.ts';
import { show } from './show.ts';
import type { SluiceYaml } from './sluice-yaml.ts';

/** Characters of a Dockerfile: it is read while others wait, and the time grows with the square of its length. */
const MAX_DOCKERFILE_LENGTH = 128 * 1024;
/** Far more than people write; each is compared with each. */
const MAX_STAGES = 200;
const DEFAULT_TEST_SECONDS = 10 * 60;

/** Finds the Dockerfile and the test stage (docs/sluice-yaml.md has the order), and checks what sluice.yaml names. */
export async function readDockerfiles(
  readFile: ReadFile,
  sluice: SluiceYaml,
  namesAreRight: boolean,
  problems: ManifestProblem[],
): Promise<{ dockerfile: string; test: Manifest['test'] }> {
  const report = reportFor('sluice.yaml', problems);
  const stagesOf = async (file: string): Promise<DockerfileStage[] | undefined> => {
    const text = await readFile(file);
    if (text === undefined) return undefined;
    const wrong = reportFor(file, problems);
    if (text.length > MAX_DOCKERFILE_LENGTH) {
      wrong(0, `${text.length} characters`, `at most ${MAX_DOCKERFILE_LENGTH} characters`);
      return [];
    }
    const found = readStages(text);
    if (found.length > MAX_STAGES) wrong(0, `${found.length} stages`, `at most ${MAX_STAGES} stages`);
    return found;
  };
  const dockerfile = sluice.build?.dockerfile?.value ?? 'Dockerfile';
  const stages = await stagesOf(dockerfile);
  if (stages === undefined && namesAreRight)
    problems.push(noDockerfile(dockerfile, sluice.build?.dockerfile?.line));
  checkTarget('build.target', sluice.build?.target, dockerfile, stages, report);
  return { dockerfile, test: await readTest(sluice, dockerfile, stages, stagesOf, report) };
}

async function readTest(
  sluice: SluiceYaml,
  dockerfile: string,
  stages: readonly DockerfileStage[] | undefined,
  stagesOf: (file: string) => Promise<DockerfileStage[] | undefined>,
  report: Report,
): Promise<Manifest['test']> {
  const written = sluice.test ?? {};
  const rest = {
    ...(written.command === undefined ? {} : { command: written.command }),
    timeoutSeconds: written.timeout ?? DEFAULT_TEST_SECONDS,
  };
  if (written.dockerfile !== undefined) {
    const file = written.dockerfile.value;
    const own = await stagesOf(file);
    if (own === undefined) {
      report(
        written.dockerfile.line,
        `test.dockerfile: there is no file ${show(file)}`,
        'the path of a Dockerfile in this repository',
      );
    }
    checkTarget('test.target', written.target, file, own, report);
    const target = written.target?.value ?? (own && hasStage(own, 'test') ? 'test' : undefined);
    if (file === dockerfile && own !== undefined && target === undefined && written.command === undefined) {
      const right = `a stage \`FROM … AS test\` in ${file}, or test.target`;
      report(
        written.dockerfile.line,
        `test.dockerfile: ${file} is what is built; it has no stage "test"`,
        right,
      );
    }
    return { dockerfile: file, ...(target === undefined ? {} : { target }), ...rest };
  }
  if (written.target !== undefined) {
    checkTarget('test.target', written.target, dockerfile, stages, report);
    return { dockerfile, target: written.target.value, ...rest };
  }
  if (stages !== undefined && hasStage(stages, 'test')) return { dockerfile, target: 'test', ...rest };
  const own = await stagesOf('Dockerfile.test');
  if (own !== undefined)
    return { dockerfile: 'Dockerfile.test', ...(hasStage(own, 'test') ? { target: 'test' } : {}), ...rest };
  if (written.command === undefined) return undefined;
  // A command without a stage of its own runs on what is built.
  return {
    dockerfile,
    ...(sluice.build?.target === undefined ? {} : { target: sluice.build.target.value }),
    ...rest,
  };
}

function checkTarget(
  key: string,
  target: { readonly value: string; readonly line: number } | undefined,
  file: string,
  stages: readonly DockerfileStage[] | undefined,
  report: Report,
): void {
  if (target === undefined || stages === undefined || hasStage(stages, target.value)) return;
  const names = stages.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const meant = nearest(target.value, names);
  const right =
    meant === undefined ? `a line \`FROM … AS ${target.value}\` in ${file}` : `did you mean ${meant}?`;
  const known = names.length === 0 ? 'it names none' : `it has ${names.slice(0, 10).join(', ')}`;
  report(target.line, `${key}: ${file} has no stage ${show(target.value)}; ${known}`, right);
}

/** A problem at the line that names the file, or about the file itself when nobody named it. */
function noDockerfile(file: string, line: number | undefined): ManifestProblem {
  return {
    code: 'no_dockerfile',
    ...(line === undefined ? { file, line: 0 } : { file: 'sluice.yaml', line }),
    message:
      line === undefined
        ? `there is no ${file} at the root of the repository`
        : `build.dockerfile: there is no file ${show(file)}`,
    fix: 'run `sluice init`, which writes one with a test stage, and commit it',
  };
}
