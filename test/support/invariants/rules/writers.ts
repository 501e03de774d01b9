import type { Facts } from '../facts.ts';

/** I10: a data folder has one server, and each opens the journal once. */
export function writers(facts: Facts): string[] {
  return [
    ...facts.secondServers.flatMap(({ code, output }) => {
      if (code === undefined) return ['I10: a second server runs on the same data folder'];
      if (code === 0 || !output.includes('another server runs on')) {
        return [`I10: a second server ended with ${code} and did not say why: ${output.trim()}`];
      }
      return [];
    }),
    ...(facts.generation > facts.serverStarts
      ? [`I10: ${facts.serverStarts} servers were started, ${facts.generation} have opened the journal`]
      : []),
  ];
}
