export const LINES = 1_000_000;
/** As BuildKit's traces come: some kilobytes at a time. */
const BLOCK_LINES = 500;

/** Lines as a chatty test prints them, about 70 bytes each; made once, so that making them takes no time of the run. */
const BLOCK = Buffer.from(
  Array.from(
    { length: BLOCK_LINES },
    (_, index) => `       ok ${String(index).padStart(3, '0')} - the cart keeps its items and their prices\n`,
  ).join(''),
);

export function* lineBlocks(): Generator<Buffer> {
  for (let line = 0; line < LINES; line += BLOCK_LINES) yield BLOCK;
}
