import { Refusal } from '../../core/reason.ts';

/** What git takes for a ref's name (git-check-ref-format), and nothing that means more to it. */
const BAD = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/.]|[/.]$|\.lock(?:\/|$)|\/\./;

/**
 * The refs that somebody can mean by a name, the likelier first. Only branches and tags: what stands elsewhere, as the
 * heads of pull requests, can be written by people whom nobody has let in.
 * @throws Refusal 422 `source_ref`
 */
export function refsOf(name: string): string[] {
  const refused = (why: string): Refusal =>
    new Refusal(
      422,
      'source_ref',
      `${JSON.stringify(name.slice(0, 200))} ${why}`,
      'name a branch or a tag, as main or v2',
    );
  if (name === '' || name.length > 200 || BAD.test(name)) throw refused('is no name of a branch or a tag');
  if (/^refs\/(?:heads|tags)\/./.test(name)) return [name];
  if (name.startsWith('refs/')) throw refused('is neither a branch nor a tag');
  return [`refs/heads/${name}`, `refs/tags/${name}`];
}
