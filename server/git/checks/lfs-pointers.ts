/** The Git LFS specification: a pointer is below 1,024 bytes; one with a SHA-256 and a size has 120 at least. */
export const MIN_POINTER_BYTES = 100;
export const MAX_POINTER_BYTES = 1_023;

const START = Buffer.from('version https://git-lfs.github.com/spec/');

export function isLfsPointer(content: Buffer): boolean {
  return content.subarray(0, START.length).equals(START);
}
