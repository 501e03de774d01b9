/** A megabyte of log, with a secret in every few lines, as it is and in base64. */
export function whatTheBuilderSends(): string {
  const lines: string[] = [];
  for (let line = 0; line < 20_000; line++) {
    lines.push(`line ${line} of a build`);
    if (line % 7 === 0) lines.push(`  the password is correct horse, ${line}`);
    if (line % 11 === 0) lines.push(Buffer.from(`u${line}:correct horse`).toString('base64'));
  }
  return lines.join('\n');
}
