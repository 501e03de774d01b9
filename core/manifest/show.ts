/** Text of a pusher's file as it may stand in a message: quoted, on one line, without control characters, at most 60 long. */
export function show(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  // JSON.stringify escapes C0 and quotes; C1 controls and DEL would still move a terminal's cursor.
  return JSON.stringify(short).replaceAll(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
