import { TEST_COMMAND_STAGE } from '../dockerfile/rewrite.ts';

/** The generated stage of `test.command` as its writer knows it: the command itself. */
export function commandStepName(name: string, command: string | undefined): string {
  if (command === undefined || !name.startsWith(`[${TEST_COMMAND_STAGE} `)) return name;
  return `[test] ${command}`;
}
