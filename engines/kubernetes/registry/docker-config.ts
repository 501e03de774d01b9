export interface Login {
  readonly username: string;
  readonly secret: string;
}

/**
 * Logins as `docker login` keeps them: `{"auths": {"host": {"auth": "base64 of name:password"}}}`.
 * @param text of a config.json; '' has none
 */
export function loginsOf(text: string): (host: string) => Login | undefined {
  const byHost = parsed(text);
  return (host) => byHost.get(known(host));
}

/** Of all hosts. @param text as `loginsOf` takes it */
export function registryPasswords(text: string): string[] {
  return [...parsed(text).values()].map(({ secret }) => secret);
}

function parsed(text: string): Map<string, Login> {
  const { auths = {} } = (text === '' ? {} : JSON.parse(text)) as {
    auths?: Record<string, { auth?: string; username?: string; password?: string }>;
  };
  const byHost = new Map<string, Login>();
  for (const [place, { auth, username, password }] of Object.entries(auths)) {
    const host = place.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
    const [name = '', ...rest] = Buffer.from(auth ?? '', 'base64')
      .toString('utf8')
      .split(':');
    const login = { username: username ?? name, secret: password ?? rest.join(':') };
    if (login.username !== '') byHost.set(known(host), login);
  }
  return byHost;
}

/** Docker Hub has several names. */
function known(host: string): string {
  return ['index.docker.io', 'registry-1.docker.io'].includes(host) ? 'docker.io' : host;
}
