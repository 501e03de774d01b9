import { z } from 'zod';
import { PersonName } from '../../names.ts';
import { ROLES } from '../../roles.ts';

export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

export const Member = z.object({ person: PersonName, role: Role });

export const SetMember = z.object({ role: Role });
