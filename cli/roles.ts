import { Role } from '../core/contracts/resources.ts';

/** A role that people are given. @throws Error for the parser to show */
export function role(text: string): Role {
  const found = Role.options.find((known) => known === text);
  if (found === undefined) throw new Error(`a role is one of ${Role.options.join(', ')}`);
  return found;
}
