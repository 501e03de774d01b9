import { ConfigKey } from '../names.ts';
import { Refusal } from '../reason.ts';
import type { ConfigEntries } from './entry.ts';

/** All of an app's keys and values together, in bytes: what fits the environment of a process with ease. */
const CONFIG_BYTES = 256 * 1024;

/** @throws Refusal 422, naming the key and never its value */
export function checkedConfig(entries: ConfigEntries): ConfigEntries {
  for (const [key, { value }] of Object.entries(entries)) checkEntry(key, value);
  const values = Object.fromEntries(Object.entries(entries).map(([key, { value }]) => [key, value]));
  const bytes = new TextEncoder().encode(JSON.stringify(values)).length;
  if (bytes > CONFIG_BYTES) {
    throw new Refusal(
      422,
      'config_too_large',
      `the config would have ${bytes} bytes, the limit is ${CONFIG_BYTES}`,
      'keep large values in a file store and set its address',
    );
  }
  return entries;
}

function checkEntry(key: string, value: string): void {
  const checked = ConfigKey.safeParse(key);
  if (!checked.success) {
    throw new Refusal(
      422,
      'config_key_invalid',
      `${key}: ${checked.error.issues[0]?.message ?? 'not a config key'}`,
      'sluice config:set NAME=value',
    );
  }
  if (value.includes('\0')) {
    throw new Refusal(
      422,
      'config_value_invalid',
      `${key}: a value cannot hold a NUL byte`,
      'encode it, for example as base64',
    );
  }
}
