import { z } from 'zod';
import { HostName } from '../../names.ts';

export const Domain = z.object({ host: z.string(), kind: z.enum(['platform', 'custom']) });

export const AddDomain = z.object({ host: HostName });
