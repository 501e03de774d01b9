import { misuse } from './failure.ts';

/**
 * A variable that names a program, as path and arguments: words between blanks, with '…' and "…" around those that hold
 * blanks. No shell reads it, so nothing in it is expanded.
 * @throws Failure (misuse) when it names none
 */
export function programOf(setting: string, variable: string): readonly [string, ...string[]] {
  const words = [...setting.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  );
  const [program, ...args] = words;
  if (program === undefined || program === '') throw misuse(`${variable} names no program`);
  return [program, ...args];
}
