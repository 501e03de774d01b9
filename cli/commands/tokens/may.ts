import type { Token } from '../../../core/contracts/resources.ts';

/** What a token may do, in a few words. */
export function mayOf({ person, apps, role }: Pick<Token, 'person' | 'apps' | 'role'>): string {
  if (apps === undefined && role === undefined) return `all that ${person} may`;
  const where = apps === undefined ? 'all apps' : apps.length === 0 ? 'apps that are gone' : apps.join(', ');
  return role === undefined ? where : `${role} of ${where}`;
}
