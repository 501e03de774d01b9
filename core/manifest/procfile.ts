import { ProcessType } from '../names.ts';
import type { Report } from './located.ts';
import { show } from './show.ts';

const LINE = /^(?<type>[^\s:]+)\s*:\s*(?<command>.*)$/;
const MAX_PROCESSES = 20;
const MAX_COMMAND = 4_000;

export interface Procfile {
  /** Commands by process type, in the order of the file. */
  readonly processes: ReadonlyMap<string, string>;
  readonly releaseCommand?: string;
}

/** Reads a Procfile: `type: command` lines; empty lines and lines that start with # are skipped. */
export function readProcfile(text: string, report: Report): Procfile {
  const commands = new Map<string, string>();
  const lineOf = new Map<string, number>();
  let allRight = true;
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = index + 1;
    const written = raw.trim();
    if (written === '' || written.startsWith('#')) continue;
    const entry = readLine(written, line, report);
    if (entry === undefined) {
      allRight = false;
      continue;
    }
    const first = lineOf.get(entry.type);
    if (first === undefined) {
      lineOf.set(entry.type, line);
      commands.set(entry.type, entry.command);
    } else {
      report(line, `${entry.type} is there twice`, `keep one of the lines ${first} and ${line}`);
    }
  }
  const releaseCommand = commands.get('release');
  commands.delete('release');
  if (commands.size > MAX_PROCESSES) report(0, `${commands.size} process types`, `at most ${MAX_PROCESSES}`);
  if (commands.size === 0 && allRight) {
    report(
      0,
      'no process to run',
      'a line such as `web: npm start`, or no Procfile to run the image as it is',
    );
  }
  return { processes: commands, ...(releaseCommand === undefined ? {} : { releaseCommand }) };
}

function readLine(
  written: string,
  line: number,
  report: Report,
): { type: string; command: string } | undefined {
  const { type = '', command = '' } = LINE.exec(written)?.groups ?? {};
  if (type === '') {
    report(
      line,
      `${show(written)} is not a process`,
      'a line such as `web: npm start`, or # before a remark',
    );
    return undefined;
  }
  // On a plain object, `constructor` would be found without being there.
  if (!ProcessType.safeParse(type).success || type === 'constructor') {
    const meant = type
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replace(/^[-\d]+/, '')
      .slice(0, 30)
      .replace(/-+$/, '');
    const example = meant === '' || meant === 'constructor' ? 'worker' : meant;
    report(
      line,
      `${show(type)} is not a name for a process`,
      `1 to 30 of a-z, 0-9 and "-", no "-" at its ends, such as \`${example}: …\``,
    );
    return undefined;
  }
  if (command === '') {
    report(line, `${type} has no command`, `the command after the colon, such as \`${type}: npm start\``);
    return undefined;
  }
  if (command.length > MAX_COMMAND || command.includes('\0')) {
    report(
      line,
      `the command of ${type} cannot be run`,
      `at most ${MAX_COMMAND} characters and no NUL; put it in a script`,
    );
    return undefined;
  }
  return { type, command };
}
