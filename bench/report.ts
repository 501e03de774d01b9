import { pairRatios, spread } from './statistics.ts';

/** Prints what was measured. Numbers are said, never judged: a slow machine must not fail a run. */
export const report = {
  title(text: string): void {
    process.stdout.write(`\n## ${text}\n`);
  },

  line(text: string): void {
    process.stdout.write(`${text}\n`);
  },

  argv(side: string, argv: readonly string[]): void {
    report.line(`   ${side}: ${argv.map(quoted).join(' ')}`);
  },

  values(what: string, values: readonly number[], unit: string): void {
    const { median, min, max } = spread(values);
    report.line(
      `   ${what.padEnd(34)} median ${shown(median)} ${unit}   min ${shown(min)}   max ${shown(max)}   n ${values.length}`,
    );
  },

  /** Both sides and the ratio of ours to theirs. @param goal as the design says it */
  pairs(ours: readonly number[], theirs: readonly number[], unit: string, goal: string): void {
    report.values('sluice', ours, unit);
    report.values('by hand', theirs, unit);
    report.values('ratio of pairs', pairRatios(ours, theirs), 'x');
    report.goal(goal);
  },

  goal(text: string): void {
    report.line(`   goal: ${text}`);
  },
};

function shown(value: number): string {
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 1_000 ? 1 : 0;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
