import type { ConfigEntries, ConfigEntry } from '../../core/config/entry.ts';

/** First byte of what is sealed. Before there were secrets, it was a JSON object of texts, which begins with `{`. */
const WITH_ENTRIES = 2;

export function encodeEntries(entries: ConfigEntries): Buffer {
  return Buffer.concat([Buffer.of(WITH_ENTRIES), Buffer.from(JSON.stringify(entries))]);
}

/** @throws Error when it was written by a newer Sluice */
export function decodeEntries(plain: Buffer): ConfigEntries {
  if (plain[0] === WITH_ENTRIES) return JSON.parse(plain.subarray(1).toString()) as ConfigEntries;
  if (plain[0] !== 0x7b)
    throw new Error('this config is of a newer Sluice; install that version or a later one');
  const values = JSON.parse(plain.toString()) as Record<string, string>;
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, plainEntry(value)]));
}

export function plainEntry(value: string): ConfigEntry {
  return { value, secret: false };
}
