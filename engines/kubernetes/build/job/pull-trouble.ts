/**
 * BuildKit's words for a registry that it could not reach, or that was busy, while it fetched a base image. It says them
 * as containerd's client does: `failed to do request: Head "http://…": dial tcp …: connect: connection refused`.
 */
const NOT_REACHED =
  /failed to do request: \w+ "(?<url>https?:\/\/[^"\s]+)": (?<why>.*(?:connection refused|connection reset|no route to host|network is unreachable|i\/o timeout|TLS handshake timeout|deadline exceeded|EOF).*)/;
const BUSY =
  /unexpected status (?:code|from \w+ request to) (?<url>https?:\/\/\S+?):? (?<why>(?:429|5\d\d)\b.*)/;
/** An error that quotes a command of the Dockerfile, which may say what it likes. */
const OF_A_COMMAND = /did not complete successfully/;

/**
 * Why BuildKit did not get an image, where that may pass by itself; undefined: it failed for another reason.
 * @returns the host that it asked, and what came of it
 */
export function pullTrouble(error: string): { readonly host: string; readonly why: string } | undefined {
  if (OF_A_COMMAND.test(error)) return undefined;
  const { url = '', why = '' } = (NOT_REACHED.exec(error) ?? BUSY.exec(error))?.groups ?? {};
  return URL.canParse(url) ? { host: new URL(url).host, why } : undefined;
}
