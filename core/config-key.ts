/** An environment variable's name. No schema: the `sluice` command loads no validator. */
export const CONFIG_KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;
export const CONFIG_KEY_LENGTH = 128;

/** `PORT` and `SLUICE_*` belong to the platform. */
export function isPlatformsOwn(key: string): boolean {
  return key === 'PORT' || key.startsWith('SLUICE_');
}

export const CONFIG_KEY_RULES = {
  form: 'a config key is letters, digits and "_", not starting with a digit',
  length: `a config key is at most ${CONFIG_KEY_LENGTH} characters`,
  own: 'PORT and SLUICE_* are set by the platform',
};

/** Which rule a key breaks, in words; undefined when it is one. */
export function configKeyFault(key: string): string | undefined {
  if (!CONFIG_KEY.test(key)) return CONFIG_KEY_RULES.form;
  if (key.length > CONFIG_KEY_LENGTH) return CONFIG_KEY_RULES.length;
  return isPlatformsOwn(key) ? CONFIG_KEY_RULES.own : undefined;
}
