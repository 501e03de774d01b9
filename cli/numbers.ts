/** `41` or `#41`. @throws Error for the parser to show */
export function buildNumber(text: string): number {
  return numbered(text, /^#?([1-9][0-9]{0,8})$/, 'a build is a number such as 41');
}

/** `v12` or `12`. @throws Error for the parser to show */
export function releaseNumber(text: string): number {
  return numbered(text, /^v?([1-9][0-9]{0,8})$/, 'a release is written v12');
}

/** A whole number between two bounds, both allowed. */
export function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const parsed = numbered(text, /^([0-9]{1,9})$/, `a whole number from ${min} to ${max}`);
    if (parsed < min || parsed > max) throw new Error(`a whole number from ${min} to ${max}`);
    return parsed;
  };
}

function numbered(text: string, form: RegExp, message: string): number {
  const digits = form.exec(text)?.[1];
  if (digits === undefined) throw new Error(message);
  return Number(digits);
}
