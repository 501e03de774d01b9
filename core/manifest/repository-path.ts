/**
 * A path of the repository in its shortest form (`./a//b/` is `a/b`, the root is `.`), or undefined when it is
 * empty, absolute, over 1,000 characters, leaves the tree or holds a control character or a backslash.
 */
export function repositoryPath(written: string): string | undefined {
  if (
    written === '' ||
    written.length > 1_000 ||
    written.startsWith('/') ||
    /[\u0000-\u001f\u007f\\]/.test(written)
  )
    return undefined;
  const parts = written.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return undefined;
  return parts.length === 0 ? '.' : parts.join('/');
}
