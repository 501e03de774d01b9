/** Contents by file name, all at the root of the repository. */
export interface TemplateFiles {
  readonly Dockerfile: string;
  readonly '.dockerignore': string;
}
