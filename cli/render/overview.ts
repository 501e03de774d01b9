import { aligned } from './table.ts';

/** The page of `sluice help`. */
export function overview(commands: readonly { readonly name: string; readonly summary: string }[]): string {
  const rows = commands.map(({ name, summary }) => [`  ${name}`, summary]);
  return [
    'git push platform main: tests, image, rollout, and back again if anything is wrong.',
    '',
    'Usage: sluice COMMAND [options]',
    '',
    ...aligned(['Commands:', ''], rows),
    '',
    'Every command takes --json, -a/--app NAME and --host ADDRESS. More on one: sluice help COMMAND',
    '',
  ].join('\n');
}
