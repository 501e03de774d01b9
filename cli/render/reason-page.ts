import type { ReasonText } from '../../core/reasons/reason-text.ts';

/** The page of `sluice help CODE`. */
export function reasonPage(code: string, { title, cause, mend }: ReasonText): string[] {
  return [
    `${code}: ${title}`,
    '',
    `Likely cause:  ${cause}`,
    `To mend it:    ${mend.replaceAll('`', '')}`,
    '',
    'All codes: docs/errors.md',
  ];
}
