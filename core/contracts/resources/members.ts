import { z } from 'zod';
import { PersonName } from '../../names.ts';

export const Role = z.enum(['viewer', 'deployer', 'owner']);
export type Role = z.infer<typeof Role>;

export const Member = z.object({ person: PersonName, role: Role });

export const SetMember = z.object({ role: Role });
