import { Refusal } from '../../../core/reason.ts';

/** A submodule's URL that may be asked, after all that can be said without the network. */
export interface SubmoduleAddress {
  /** As git gets it. */
  readonly url: string;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** The admin's list names its origin, so its addresses need not be public. */
  readonly listed: boolean;
}

const DEFAULT_PORT: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80 };

/**
 * Checks the URL of one submodule.
 * @param allow the admin's list: `host`, `host:port` (both mean https) or an origin such as `http://10.0.0.5:3000`;
 *   undefined: any https host
 * @throws Refusal `submodule_refused`
 */
export function submoduleAddress(
  path: string,
  written: string,
  allow: readonly string[] | undefined,
): SubmoduleAddress {
  const refuse = (why: string, hint: string): Refusal =>
    new Refusal(422, 'submodule_refused', `Submodule ${path}: ${why}`, hint);
  if (/^\.{1,2}(?:\/|$)/.test(written)) {
    throw refuse(
      `its URL ${quoted(written)} is relative`,
      `write the whole URL: \`git submodule set-url ${path} https://…\``,
    );
  }
  const url = URL.canParse(written) ? new URL(written) : undefined;
  const port = url && DEFAULT_PORT[url.protocol];
  if (url === undefined || port === undefined || url.hostname === '') {
    throw refuse(
      `its URL ${quoted(written)} is not https`,
      `\`git submodule set-url ${path} ${asHttps(written)}\``,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw refuse(
      'its URL holds a user name or a password',
      'only repositories that anyone may read; take it out of .gitmodules',
    );
  }
  if (url.hostname.endsWith('.')) {
    // curl knows the pinned name without its dot, and would resolve this one by itself.
    throw refuse(`the host of ${quoted(written)} ends with a dot`, 'write it without');
  }
  if (url.hash !== '') throw refuse('its URL holds a #', 'the URL of a repository ends before the #');
  const listed = allow?.some((entry) => originOf(entry) === url.origin) ?? false;
  if (!listed && url.protocol !== 'https:') {
    throw refuse(
      `${quoted(written)} is not https`,
      `\`git submodule set-url ${path} https://${url.host}${url.pathname}\``,
    );
  }
  if (!listed && allow !== undefined) {
    throw refuse(`${url.host} is not a host that the admin allows`, hostsHint(url, allow));
  }
  return {
    url: url.href,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? port : Number(url.port),
    listed,
  };
}

function originOf(entry: string): string | undefined {
  const written = entry.includes('://') ? entry : `https://${entry}`;
  return URL.canParse(written) ? new URL(written).origin : undefined;
}

function hostsHint(url: URL, allow: readonly string[]): string {
  const entry = url.protocol === 'https:' ? url.host : url.origin;
  const now = allow.length === 0 ? 'none' : allow.join(', ');
  return `allowed: ${now}; the admin can add ${entry} to SLUICE_SUBMODULE_HOSTS, or commit the files themselves`;
}

/** The https URL that was probably meant: `git@host:a/b.git` and `ssh://git@host/a/b.git` are `https://host/a/b.git`. */
function asHttps(written: string): string {
  const scp = /^(?:[\w.-]+@)?([\w.-]+):(?!\/)([^\s'"\\]+)$/.exec(written);
  if (scp !== null) return `https://${scp[1]}/${scp[2]}`;
  const url = /^(?:ssh|git|git\+ssh):\/\/(?:[^@/\s]*@)?([\w.-]+)(?::\d+)?(\/[^\s'"\\]*)$/.exec(written);
  return url === null ? 'https://…' : `https://${url[1]}${url[2]}`;
}

/** In a message, without control characters and not endless. */
function quoted(written: string): string {
  return JSON.stringify(written.length > 200 ? `${written.slice(0, 199)}…` : written);
}
