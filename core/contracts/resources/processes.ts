import { z } from 'zod';
import { ProcessType } from '../../names.ts';
import { Reason } from '../../reason.ts';
import { requestBody } from '../request-body.ts';
import { time } from './time.ts';

export const Process = z.object({
  type: ProcessType,
  command: z.string(),
  replicas: z.number().int(),
  running: z.array(
    z.object({
      name: z.string(),
      index: z.number().int(),
      release: z.number().int(),
      state: z.string(),
      restarts: z.number().int(),
      startedAt: time.optional(),
      reason: Reason.optional(),
    }),
  ),
});
export type Process = z.infer<typeof Process>;

export const LogEntry = z.object({
  at: time,
  release: z.number().int(),
  source: z.string(),
  text: z.string(),
});

export const Scale = requestBody({ processes: z.record(ProcessType, z.number().int().min(0).max(100)) });

export const Restart = requestBody({ process: ProcessType.optional() });

export const RunCommand = requestBody({
  command: z.array(z.string()).min(1).max(500),
  tty: z.boolean().default(false),
  columns: z.number().int().min(1).max(1_000).optional(),
  rows: z.number().int().min(1).max(1_000).optional(),
});
