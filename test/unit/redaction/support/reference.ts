import type { Place } from '../../../../core/redaction/pattern.ts';
import { type Secret, sought } from '../../../../core/redaction/sought.ts';

/** The same, simply: each spelling tried at each byte, all at once. */
export function redactedSlowly(secrets: readonly Secret[], bytes: Buffer): string {
  const found = sought(secrets);
  const cut = Array.from<boolean>({ length: bytes.length }).fill(false);
  const begins: { start: number; end: number; name: string }[] = [];
  for (const [number, { pattern, name }] of found.entries()) {
    for (let start = 0; start < bytes.length; start++) {
      let places = new Set<Place>(pattern.starts());
      for (let at = start; at < bytes.length && places.size > 0; at++) {
        const next = new Set<Place>();
        for (const place of places)
          pattern.arcs(place, (byte, to) => {
            if (byte === bytes[at]) next.add(to);
          });
        places = next;
        if (![...places].some((place) => pattern.accepts(place))) continue;
        begins.push({ start, end: at + 1, name: `${String(number).padStart(6, '0')}${name}` });
        cut.fill(true, start, at + 1);
      }
    }
  }
  // Stretches that overlap are one, with the name of the first; of those that begin together, of the longest.
  begins.sort((a, b) => a.start - b.start || b.end - a.end || (a.name < b.name ? -1 : 1));
  let out = '';
  let at = 0;
  for (let index = 0; index < begins.length;) {
    const { start, end, name } = begins[index] as { start: number; end: number; name: string };
    let reach = end;
    while (index < begins.length && (begins[index]?.start ?? 0) < reach) {
      reach = Math.max(reach, begins[index]?.end ?? 0);
      index += 1;
    }
    out += `${bytes.subarray(at, start).toString('latin1')}[${name.slice(6)}]`;
    at = reach;
  }
  return out + bytes.subarray(at).toString('latin1');
}
