/** A value as one word of a POSIX shell; plain where no quotes are needed. */
export function shellQuoted(value: string): string {
  return /^[A-Za-z0-9_./:@%+,-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
