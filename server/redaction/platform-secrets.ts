import { passwordOf, type Secret } from '../../core/redaction/sought.ts';
import type { Settings } from '../settings.ts';

/**
 * What the platform was given to open doors with. It belongs to no app, and comes out of what is written of any.
 * @param registryPasswords those of the file of registry logins
 */
export function platformSecrets(
  settings: Pick<Settings, 'masterKey' | 'oldMasterKey' | 'metricsToken' | 'parts' | 'redisUrl'>,
  registryPasswords: readonly string[],
): Secret[] {
  const given = {
    SLUICE_MASTER_KEY: settings.masterKey,
    SLUICE_MASTER_KEY_OLD: settings.oldMasterKey,
    SLUICE_METRICS_TOKEN: settings.metricsToken,
    SLUICE_PLATFORM_TOKEN: settings.parts?.token,
    SLUICE_REDIS_URL: passwordOf(settings.redisUrl),
  };
  return [
    ...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }])),
    ...registryPasswords.map((value) => ({ name: 'SLUICE_REGISTRY_LOGIN', value })),
  ];
}
