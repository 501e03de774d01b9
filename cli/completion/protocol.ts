/** What the completion scripts call; not a command that a person types. */
export const COMPLETE = '__complete';
/** Its answer instead of candidates: the shell knows its files better. */
export const FILES = ':files';
