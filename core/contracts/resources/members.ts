import { z } from 'zod';
import { PersonName } from '../../names.ts';
import { ROLES } from '../../roles.ts';
import { requestBody } from '../request-body.ts';

export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

export const Member = z.object({ person: PersonName, role: Role });

export const SetMember = requestBody({ role: Role });
