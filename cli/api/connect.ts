import type { Platform } from '../platform/locate.ts';
import type { Settings } from '../settings.ts';
import { HttpsTransport, SocketTransport } from './http.ts';
import { SshTransport } from './ssh.ts';
import type { Transport } from './transport.ts';

/** The way to a platform. Nothing is sent before the first request. */
export function connect(platform: Platform, settings: Settings, notice: (line: string) => void): Transport {
  switch (platform.kind) {
    case 'ssh':
      return new SshTransport(settings, platform, notice);
    case 'https':
      return new HttpsTransport(platform.url, settings.token);
    case 'socket':
      return new SocketTransport(platform.path);
  }
}
