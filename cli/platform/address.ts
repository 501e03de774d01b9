import { misuse } from '../failure.ts';

/** A platform's SSH front, or its HTTPS address. */
export type Address =
  | { readonly kind: 'ssh'; readonly user: string; readonly host: string; readonly port: number | undefined }
  | { readonly kind: 'https'; readonly url: string };
export type SshAddress = Extract<Address, { kind: 'ssh' }>;

const DEFAULT_USER = 'sluice';
// Neither may begin with "-": ssh would read it as an option, and a folder's git config is anybody's.
const HOST = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*)$|^[0-9A-Fa-f:]+(?:%[A-Za-z0-9]+)?$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9._@-]*$/;

/** `ssh://user@host:port`, `user@host`, `host:port`, `host`, `https://host`. @throws Failure (misuse) */
export function parseAddress(text: string): Address {
  const found = tryAddress(text);
  if (found === undefined) {
    throw misuse(`"${text}" is no platform address`, 'Write it as ssh://sluice@host:port');
  }
  return found;
}

function tryAddress(text: string): Address | undefined {
  if (/^https?:\/\//.test(text)) return URL.canParse(text) ? { kind: 'https', url: text } : undefined;
  if (!text.includes('://')) return sshAddress(`ssh://${text}`)?.address;
  return sshAddress(text)?.address;
}

/** A git remote's URL as platform and app; undefined when it is no ssh address. */
export function parseRemote(url: string): { address: SshAddress; app: string } | undefined {
  const found = url.includes('://') ? sshAddress(url) : scpAddress(url);
  if (found === undefined) return undefined;
  const app = found.path
    .replace(/^\/+/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  return app === '' ? undefined : { address: found.address, app };
}

/** As git and people write it. */
export function formatAddress({ user, host, port }: SshAddress): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `ssh://${user}@${name}${port === undefined ? '' : `:${port}`}`;
}

function sshAddress(url: string): { address: SshAddress; path: string } | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  if (parsed.protocol !== 'ssh:' && parsed.protocol !== 'git+ssh:') return undefined;
  const host = decodeURIComponent(parsed.hostname).replace(/^\[(.*)\]$/, '$1');
  return made(decodeURIComponent(parsed.username), host, parsed.port, parsed.pathname);
}

/** git's short form, `user@host:path`. */
function scpAddress(url: string): { address: SshAddress; path: string } | undefined {
  const parts = /^(?:([^@/]+)@)?(\[[^\]]+\]|[^:/[\]]+):(.+)$/.exec(url);
  if (parts === null) return undefined;
  const [, user = '', host = '', path = ''] = parts;
  return made(user, host.replace(/^\[(.*)\]$/, '$1'), '', path);
}

function made(
  user: string,
  host: string,
  port: string,
  path: string,
): { address: SshAddress; path: string } | undefined {
  const name = user === '' ? DEFAULT_USER : user;
  if (!HOST.test(host) || !USER.test(name)) return undefined;
  return { address: { kind: 'ssh', user: name, host, port: port === '' ? undefined : Number(port) }, path };
}
