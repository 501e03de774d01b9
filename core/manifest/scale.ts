import type { AppJson } from './app-json.ts';
import type { Report } from './located.ts';
import { reportFor } from './located.ts';
import type { ManifestProblem } from './manifest.ts';
import { nearest } from './nearest.ts';
import { show } from './show.ts';
import type { SluiceYaml } from './sluice-yaml.ts';

/** `scale` of sluice.yaml wins over `formation` of app.json; both may only name processes that there are. */
export function readScale(
  sluice: SluiceYaml,
  appJson: AppJson | undefined,
  types: readonly string[],
  problems: ManifestProblem[],
): Record<string, number> {
  const scale: Record<string, number> = {};
  const add = (
    key: string,
    counts: ReadonlyMap<string, { value: number; line: number }>,
    report: Report,
  ): void => {
    for (const [type, count] of counts) {
      if (types.includes(type)) scale[type] = count.value;
      else report(count.line, `${key}: there is no process ${show(type)}`, processFix(type, types));
    }
  };
  add('formation', appJson?.formation ?? new Map(), reportFor('app.json', problems));
  add('scale', sluice.scale ?? new Map(), reportFor('sluice.yaml', problems));
  return scale;
}

function processFix(type: string, types: readonly string[]): string {
  if (type === 'release') return 'leave it out: the release command runs once and is not scaled';
  const meant = nearest(type, types);
  if (meant !== undefined) return `did you mean ${meant}?`;
  return `one of ${types.join(', ')}, or a line \`${type.slice(0, 30)}: …\` in the Procfile`;
}
