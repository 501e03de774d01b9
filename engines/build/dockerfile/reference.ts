/**
 * An image's name as the engine lists it: without Docker Hub's own host and `library/`, with a tag or a digest.
 * Of `name:tag@digest` only the digest counts.
 */
export function familiarName(reference: string): string {
  const [name = '', digest] = reference.split('@');
  const short = name.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '');
  const slash = short.lastIndexOf('/');
  const colon = short.indexOf(':', slash + 1);
  if (digest !== undefined) return `${colon === -1 ? short : short.slice(0, colon)}@${digest}`;
  return colon === -1 ? `${short}:latest` : short;
}
