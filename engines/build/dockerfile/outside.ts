import { oneLine } from '../../../core/printable.ts';
import { reason } from '../../../core/reason.ts';
import { BuildFailure } from '../build-failure.ts';

/**
 * What a Dockerfile could have the engine itself do, outside the network of the build: the engine fetches the
 * sources of `ADD https://…`, and follows redirects, from the host's own network, where the platform's loopback and
 * the cloud's metadata address answer; and a frontend of the pusher's choice can ask it for anything.
 *
 * The text is read with suspicion and not as a grammar: engines differ in where a heredoc or a continued line ends,
 * and nothing may hide in that difference.
 */

/** `ADD`, also as a trigger. Dockerfile keywords have no case. */
const ADD = /^\s*(?:ONBUILD\s+)*ADD\s+([^]*)$/i;
/** An address as BuildKit knows it, or one of git. */
const ADDRESS = /^(?:[a-z][a-z+.-]*:\/\/|[^/]*@[^/]*:)/i;
const BEGINNINGS = ['http://', 'https://', 'git://', 'ssh://', 'git@'];
/** Longest head of a logical line that is looked at to tell its keyword. */
const HEAD = 300;

/** Lines (from 1) of every ADD whose source is, or could turn out to be, an address. */
export function remoteAdds(text: string): number[] {
  const lines = text.split(/\r\n|\n|\r/);
  return lines.flatMap((_, index) =>
    ['\\', '`'].some((escape) => isRemoteAdd(lines, index, escape)) ? [index + 1] : [],
  );
}

function isRemoteAdd(lines: readonly string[], index: number, escape: string): boolean {
  if (!ADD.test(logicalLine(lines, index, escape, HEAD))) return false;
  const rest = ADD.exec(logicalLine(lines, index, escape, Infinity))?.[1] ?? '';
  return words(rest).slice(0, -1).some(couldBeAddress);
}

/** A line with those that continue it: comments and empty lines between them do not count. */
function logicalLine(lines: readonly string[], start: number, escape: string, most: number): string {
  const pieces: string[] = [];
  let length = 0;
  for (let at = start; at < lines.length && length <= most; at++) {
    const line = lines[at] ?? '';
    if (at > start && /^\s*(?:#|$)/.test(line)) continue;
    const body = line.trimEnd();
    const goesOn = body.endsWith(escape);
    pieces.push(goesOn ? body.slice(0, -1) : line);
    length += line.length + 1;
    if (!goesOn) break;
  }
  return pieces.join('');
}

function words(rest: string): string[] {
  const sources = rest.replace(/^(?:--\S+\s+)+/, '').trim();
  const shell = sources.split(/\s+/);
  if (!sources.startsWith('[')) return shell;
  try {
    const list: unknown = JSON.parse(sources);
    if (Array.isArray(list)) return list.map(String);
  } catch {
    // Then it is no list to the engine either.
  }
  return shell;
}

/** Quotes and escapes are taken away by the engine; a variable may stand for any beginning. */
function couldBeAddress(word: string): boolean {
  const plain = word.replaceAll(/["'\\`]/g, '');
  if (ADDRESS.test(plain)) return true;
  const variable = plain.indexOf('$');
  return variable >= 0 && BEGINNINGS.some((beginning) => beginning.startsWith(plain.slice(0, variable)));
}

/** The frontends of Docker itself. Others are programs of anybody's, which speak to the engine in the build's name. */
const TRUSTED = /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?:[:@][\w.:@+-]+)?$/;
/** Engines know several ways to write it; one that they would not heed is refused as well. */
const SYNTAX = /^\s*(?:#|\/\/)\s*syntax\s*=\s*(\S+)/i;

/** The first frontend in a Dockerfile that is not Docker's own. */
export function foreignFrontend(text: string): { line: number; image: string } | undefined {
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    const image = SYNTAX.exec(line)?.[1];
    if (image !== undefined && !TRUSTED.test(image)) return { line: index + 1, image };
  }
  return undefined;
}

/**
 * @param path of the Dockerfile, for the message
 * @param ownImages beginning of the names of the installation's images, and of those that this app may name
 * @throws BuildFailure `remote_add_refused`, `syntax_refused` or `base_image_refused`
 */
export function refuseOutside(
  path: string,
  text: string,
  ownImages: { readonly all: string; readonly app: string },
): void {
  const [add] = remoteAdds(text);
  if (add !== undefined) throw remoteAdd(`${path}, line ${add}`);
  const frontend = foreignFrontend(text);
  if (frontend !== undefined) {
    throw new BuildFailure(
      reason(
        'syntax_refused',
        `${path}, line ${frontend.line}: ${oneLine(frontend.image)} is not a frontend of Docker's own`,
        'write `# syntax=docker/dockerfile:1`, or leave the line out',
      ),
    );
  }
  if (text.replaceAll(ownImages.app, '').includes(ownImages.all)) {
    throw new BuildFailure(
      reason('base_image_refused', `${path} names an image of another app`, 'use an image of a registry'),
    );
  }
}

export function remoteAdd(where: string): BuildFailure {
  return new BuildFailure(
    reason(
      'remote_add_refused',
      `${where}: ADD of an address would be fetched from inside the platform's own network`,
      'fetch it within the build (`RUN wget -O FILE URL`), or commit the file; where a variable names a file, write ADD ./$VARIABLE',
    ),
  );
}
