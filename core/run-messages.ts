import { z } from 'zod';
import { type Frame, FrameError } from './run-frames.ts';

/** What the JSON frames of `sluice run` hold. */
export const RunResize = z.object({
  columns: z.number().int().min(1).max(1_000),
  rows: z.number().int().min(1).max(1_000),
});
export const RunSignal = z.object({ signal: z.enum(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGKILL']) });
export const RunExit = z.object({ code: z.number().int().min(0).max(255), oomKilled: z.boolean() });
export type RunResize = z.infer<typeof RunResize>;
export type RunSignal = z.infer<typeof RunSignal>;
export type RunExit = z.infer<typeof RunExit>;

/** The payload of a JSON frame by its schema. @throws FrameError when it is not that */
export function decodeJson<T extends z.ZodType>(schema: T, frame: Frame): z.output<T> {
  try {
    return schema.parse(JSON.parse(frame.payload.toString()));
  } catch (cause) {
    throw new FrameError(`frame of type ${frame.type} holds something else than it should`, { cause });
  }
}
