import type { Facts } from '../facts.ts';

/** I12: a secret is in the containers of its app and nowhere else. */
export function secrets(facts: Facts): string[] {
  return facts.leaks.map((where) => `I12: a secret stands in plain text in ${where}`);
}
