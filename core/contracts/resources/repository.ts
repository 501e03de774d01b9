import { z } from 'zod';
import { CommitId } from '../../names.ts';
import { Reason } from '../../reason.ts';
import { requestBody } from '../request-body.ts';
import { time } from './time.ts';

/** Whose API takes commit statuses. */
export const Provider = z.enum(['github', 'gitlab', 'gitea']);
export type Provider = z.infer<typeof Provider>;

/** The repository that an app's commits are fetched from when nobody pushes them. */
export const LinkedRepository = z.object({
  url: z.string(),
  branch: z.string(),
  provider: Provider.exactOptional(),
  /** How the platform gets in. */
  login: z.enum(['none', 'deploy-key', 'token']),
  /** The deploy key's public half, to be added there. */
  publicKey: z.string().exactOptional(),
  /** What the host showed when it was first asked, as `ssh-ed25519 SHA256:…`. */
  hostKeys: z.array(z.string()).exactOptional(),
  /** Whether commit statuses are sent. */
  statuses: z.boolean(),
  person: z.string(),
  createdAt: time,
});
export type LinkedRepository = z.infer<typeof LinkedRepository>;

/** Whether it can be read, as it was just tried. */
export const RepositoryCheck = z.object({
  ok: z.boolean(),
  /** What its branch is at. */
  commit: CommitId.exactOptional(),
  /** What is wrong. */
  reason: Reason.exactOptional(),
});
export type RepositoryCheck = z.infer<typeof RepositoryCheck>;

/** Where the same repository is linked already, what is left out stays as it is. */
export const LinkRepository = requestBody({
  /** `https://…`, `ssh://…` or `git@host:owner/name.git`. */
  url: z.string().min(1).max(1_000),
  /** Absent: the app's deploy branch. */
  branch: z.string().min(1).max(200).optional(),
  /** For https; never shown again. */
  token: z.string().min(1).max(1_000).optional(),
  /** Absent: guessed by the host's name. */
  provider: Provider.optional(),
  /** With it each build's commit has its status there; never shown again. */
  statusToken: z.string().min(1).max(1_000).optional(),
});
export type LinkRepository = z.infer<typeof LinkRepository>;

export const LinkedRepositoryChecked = LinkedRepository.extend({ check: RepositoryCheck });
