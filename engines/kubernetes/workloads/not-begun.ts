import { Refusal, type Reason } from '../../../core/reason.ts';
import { NotBegun } from '../../port.ts';
import { ClusterRefused } from '../api/errors.ts';
import { notMade } from './cluster-reasons.ts';

/** Why a command was not begun, for who asked for it. Pure. @param source `run.1` */
export function notBegun(error: unknown, source: string): NotBegun {
  const told = error instanceof Refusal ? error : refusal(error, source);
  const begun = new NotBegun(told.status, told.reason);
  begun.cause = error;
  return begun;
}

function refusal(error: unknown, source: string): { status: number; reason: Reason } {
  const said = error instanceof Error ? error.message : String(error);
  if (error instanceof ClusterRefused) return { status: 422, reason: notMade(said, source) };
  return {
    status: 503,
    reason: {
      code: 'start_failed',
      message: `the cluster did not start ${source}: ${said}`,
      hint: 'try again; an admin sees more by: sluice doctor',
    },
  };
}
