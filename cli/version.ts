import { readFileSync } from 'node:fs';

/** The version in package.json, which is one folder above `cli/` in the sources and two above it in `dist/`. */
export function version(): string {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      const found: unknown = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8'));
      if (typeof found === 'object' && found !== null && 'version' in found) return String(found.version);
    } catch {
      // Not in this place.
    }
  }
  return 'unknown';
}
