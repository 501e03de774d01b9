import { SCRIPTS } from '../../completion/scripts.ts';
import { argument, define } from '../../command.ts';

const SHELLS = Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[];

export const command = define({
  summary: 'A script that lets your shell complete commands, options, apps and releases',
  details: [
    'For good:',
    "  bash  echo 'source <(sluice completion bash)' >> ~/.bashrc",
    "  zsh   echo 'source <(sluice completion zsh)' >> ~/.zshrc      after compinit",
    '  fish  sluice completion fish > ~/.config/fish/completions/sluice.fish',
    'Names of apps, releases and builds are asked of the platform, for 1.5 s at most, and kept for 10 s.',
  ].join('\n'),
  examples: ['completion bash', 'completion zsh', 'completion fish'],
  json: '{shell, script}',
  arguments: { shell: argument('shell', SHELLS.join(', '), shellOf) },
  options: {},
  choices: { shell: SHELLS },
  async run({ out }, { shell }) {
    out.show({ shell, script: SCRIPTS[shell] }, () => out.raw(SCRIPTS[shell].trimEnd()));
  },
});

function shellOf(text: string): keyof typeof SCRIPTS {
  const shell = SHELLS.find((one) => one === text);
  if (shell === undefined) throw new Error(`a shell is one of ${SHELLS.join(', ')}`);
  return shell;
}
