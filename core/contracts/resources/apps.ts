import { z } from 'zod';
import { AppName, CommitId, Id } from '../../names.ts';
import { requestBody } from '../request-body.ts';
import { Role } from './members.ts';
import { time } from './time.ts';

export const App = z.object({
  id: Id,
  name: AppName,
  deployBranch: z.string(),
  url: z.string(),
  gitUrl: z.string(),
  createdAt: time,
  createdBy: z.string(),
  live: z
    .object({
      release: z.number().int(),
      commit: CommitId.optional(),
      /** false: it has no `web`, so nothing answers at `url`. */
      web: z.boolean(),
      /** How many of its `web` are to run; 0: nothing answers at `url` until it is scaled up. */
      webReplicas: z.number().int(),
      since: time,
    })
    .optional(),
  domains: z.array(z.string()),
  /** What you are in it; `pusher` is a deploy key. */
  role: z.enum([...Role.options, 'pusher', 'admin']),
  /** The platform answers for it, with a page that says so. */
  maintenance: z.boolean(),
});
export type App = z.infer<typeof App>;

export const CreateApp = requestBody({ name: AppName });

export const ChangeApp = requestBody({ name: AppName });

export const SetMaintenance = requestBody({ on: z.boolean() });

export const ConfirmDestroy = requestBody({ confirm: z.string() });
