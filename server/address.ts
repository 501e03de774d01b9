import type { Settings } from './settings.ts';

type Place = Pick<Settings, 'domain' | 'httpPort' | 'sshHost' | 'sshPort'>;

export function appHost(place: Place, appName: string): string {
  return `${appName}.${place.domain}`;
}

export function appUrl(place: Place, appName: string): string {
  return `http://${appHost(place, appName)}${place.httpPort === 80 ? '' : `:${place.httpPort}`}`;
}

export function gitUrl(place: Place, appName: string): string {
  return `ssh://sluice@${place.sshHost}${place.sshPort === 22 ? '' : `:${place.sshPort}`}/${appName}.git`;
}
