import { type RoleName, ROLES } from '../core/roles.ts';

/** A role that people are given. @throws Error for the parser to show */
export function role(text: string): RoleName {
  const found = ROLES.find((known) => known === text);
  if (found === undefined) throw new Error(`a role is one of ${ROLES.join(', ')}`);
  return found;
}
