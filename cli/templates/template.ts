import type { Language } from './detect.ts';
import type { TemplateFiles } from './files.ts';
import { nodeTemplate } from './node.ts';
import { pythonTemplate } from './python.ts';
import { staticTemplate } from './static.ts';

/** Settings that would overrule app.json or the defaults stand there as remarks. */
const SLUICE_YAML = `# All of this is optional. What else there is: docs/sluice-yaml.md of Sluice.
test:
  timeout: 10m

# web:
#   health:
#     path: /healthz # any answer below 500 is healthy

# scale:
#   web: 2
`;

/**
 * What `sluice init` writes: a Dockerfile with a `test` stage, .dockerignore and sluice.yaml.
 * @param files paths of the repository from its root, with `/`: they decide how it is installed, tested and started
 */
export function templateFiles(
  language: Language,
  files: readonly string[],
): TemplateFiles & { readonly 'sluice.yaml': string } {
  const template = { node: nodeTemplate, python: pythonTemplate, static: staticTemplate }[language];
  return { ...template(files), 'sluice.yaml': SLUICE_YAML };
}
