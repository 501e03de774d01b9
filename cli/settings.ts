import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';

/** What the environment says. The only reader of process.env in the CLI. */
export interface Settings {
  /** SLUICE_URL and SLUICE_TOKEN: HTTPS for machines. */
  readonly url: string | undefined;
  readonly token: string | undefined;
  /** SLUICE_HOST: ssh://sluice@host:port */
  readonly host: string | undefined;
  /** SLUICE_SSH: path and arguments of the ssh client. */
  readonly ssh: string | undefined;
  /** SLUICE_DATA_DIR: the platform's data folder, on its own machine. */
  readonly dataDir: string | undefined;
  readonly home: string;
  readonly user: string | undefined;
  readonly configFile: string;
  readonly cacheFolder: string;
  /** VISUAL, else EDITOR: path and arguments of the person's editor. */
  readonly editor: string | undefined;
  /** NO_COLOR, FORCE_COLOR and TERM; undefined where the terminal decides. See https://no-color.org. */
  readonly colour: boolean | undefined;
  /** Lines may be written over: not with TERM=dumb, nor where CI says that a log is made of them. */
  readonly transient: boolean;
  /** The terminal shows more than ASCII, by LC_ALL, LC_CTYPE or LANG. */
  readonly unicode: boolean;
  /** Nobody can be asked, and nobody waits long: ssh asks for no password and gives up soon. */
  readonly quiet: boolean;
  /** A graphical session can show a page. */
  readonly display: boolean;
}

export function readSettings(environment: NodeJS.ProcessEnv = process.env): Settings {
  // An empty variable is one that is not set: `SLUICE_HOST= sluice …` switches it off.
  const get = (name: string): string | undefined => environment[name] || undefined;
  const home = get('HOME') ?? homedir();
  return {
    url: get('SLUICE_URL'),
    token: get('SLUICE_TOKEN'),
    host: get('SLUICE_HOST'),
    ssh: get('SLUICE_SSH'),
    dataDir: get('SLUICE_DATA_DIR'),
    home,
    // Under sudo the person is not root.
    user: get('SUDO_USER') ?? get('USER') ?? loginName(),
    configFile: join(get('XDG_CONFIG_HOME') ?? join(home, '.config'), 'sluice', 'config.json'),
    cacheFolder: join(get('XDG_CACHE_HOME') ?? join(home, '.cache'), 'sluice'),
    quiet: false,
    editor: get('VISUAL') ?? get('EDITOR'),
    colour: colourOf(get('NO_COLOR'), get('FORCE_COLOR'), get('TERM')),
    transient: get('TERM') !== 'dumb' && isOff(get('CI')),
    unicode: /utf-?8/i.test(get('LC_ALL') ?? get('LC_CTYPE') ?? get('LANG') ?? ''),
    display:
      process.platform === 'darwin' || get('DISPLAY') !== undefined || get('WAYLAND_DISPLAY') !== undefined,
  };
}

/** `FORCE_COLOR=0` and `false` say no, as in Node itself. */
function colourOf(
  no: string | undefined,
  force: string | undefined,
  term: string | undefined,
): boolean | undefined {
  if (no !== undefined) return false;
  if (force !== undefined) return !isOff(force);
  return term === 'dumb' ? false : undefined;
}

function isOff(switched: string | undefined): boolean {
  return switched === undefined || switched === '0' || switched === 'false';
}

function loginName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined; // A user id without a passwd entry, as in containers.
  }
}
