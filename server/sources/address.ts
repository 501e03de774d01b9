import { Refusal } from '../../core/reason.ts';
import { DEFAULT_PORTS, entryOf, isNamed, type Place, placeOf } from '../hosts/hosts.ts';

/** Where a linked repository is, after all that can be said without the network. */
export interface SourceAddress extends Place {
  /** As git gets it: without a user. */
  readonly url: string;
  /** As people see it, and as it is kept. */
  readonly shown: string;
  /** Who logs in: `git` by SSH, by https the name that goes with a token; undefined: none was written. */
  readonly user: string | undefined;
  /** `owner/name`, or more folders, without `.git`: how a provider's API names it. */
  readonly path: string;
  /** The admin has named it, so that its addresses need not be public. */
  readonly mayBePrivate: boolean;
}

export interface AllowedHosts {
  /** undefined: any https or SSH host. */
  readonly sourceHosts: readonly string[] | undefined;
  readonly privateHosts: readonly string[];
}

const SCP = /^(?:([\w.-]+)@)?([\w.-]+|\[[0-9a-fA-F:]+\]):(?!\/\/|:)(.+)$/;
const USER = /^[\w.-]{1,64}$/;

/**
 * Checks the URL of a repository that somebody wants to link: `https://…`, `ssh://…`, or `git@host:owner/name`.
 * @throws Refusal 422 `source_refused`
 */
export function sourceAddress(written: string, allowed: AllowedHosts): SourceAddress {
  const url = parsed(written);
  const place = url && placeOf(url);
  if (!url || !place) {
    throw refused(
      `${JSON.stringify(written.slice(0, 200))} is no URL of a repository`,
      'as https://host/owner/name.git, or git@host:owner/name.git with a deploy key',
    );
  }
  if (url.password !== '') {
    throw refused('the URL holds a password', 'take it out, and give the token by itself: --token-file FILE');
  }
  if (url.search !== '' || url.hash !== '') {
    throw refused('the URL holds a ? or a #', 'the URL of a repository ends before it');
  }
  if (url.username !== '' && !USER.test(decoded(url.username))) {
    throw refused(
      'the user name in the URL has other characters than letters, digits and . _ -',
      'mostly: git',
    );
  }
  if (/[^\x21-\x7e]/.test(decoded(url.pathname)) || url.pathname.length < 2) {
    throw refused('the path of the URL is empty, or has odd characters', 'as https://host/owner/name.git');
  }
  const mayBePrivate = requireAllowed(place, allowed);
  const user = url.username === '' ? undefined : url.username;
  const shown = url.href;
  url.username = '';
  return {
    ...place,
    url: url.href,
    shown,
    user: user ?? (place.protocol === 'ssh:' ? 'git' : undefined),
    path: decoded(url.pathname)
      .replaceAll(/^\/+|\/+$/g, '')
      .replace(/\.git$/, ''),
    mayBePrivate,
  };
}

function parsed(written: string): URL | undefined {
  if (URL.canParse(written) && written.includes('://')) return new URL(written);
  const [, user = 'git', host, path] = SCP.exec(written) ?? [];
  const url = `ssh://${user}@${host ?? ''}/${path?.replace(/^\/+/, '') ?? ''}`;
  return host !== undefined && URL.canParse(url) ? new URL(url) : undefined;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '\0';
  }
}

/** @returns whether its addresses may be private */
function requireAllowed(place: Place, { sourceHosts, privateHosts }: AllowedHosts): boolean {
  if (!(place.protocol in DEFAULT_PORTS)) {
    throw refused(`${place.protocol} is not asked`, 'https:// or ssh://');
  }
  const isPrivate = isNamed(place, privateHosts);
  const isListed = sourceHosts !== undefined && isNamed(place, sourceHosts);
  if (sourceHosts !== undefined && !isListed) {
    const now = sourceHosts.length === 0 ? 'none' : sourceHosts.join(', ');
    throw refused(
      `${place.host} is not a host that the admin allows for linked repositories`,
      `allowed: ${now}; the admin can add ${entryOf(place)} to SLUICE_SOURCE_HOSTS`,
    );
  }
  if (place.protocol === 'http:' && !isPrivate && !isListed) {
    throw refused(
      'the URL is not https',
      `https://${place.host}/…; inside, the admin can name ${entryOf(place)} in SLUICE_PRIVATE_HOSTS`,
    );
  }
  return isPrivate || isListed;
}

export function refused(why: string, hint: string): Refusal {
  return new Refusal(422, 'source_refused', `this repository cannot be linked: ${why}`, hint);
}
