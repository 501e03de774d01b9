import { z } from 'zod';
import { HostName } from '../../names.ts';
import { requestBody } from '../request-body.ts';

export const Domain = z.object({
  host: z.string() /** `former`: of a name that the app had. */,
  kind: z.enum(['platform', 'former', 'custom']),
});

export const AddDomain = requestBody({ host: HostName });
