import { existsSync, globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);
const PAGES = ['README.md', 'CHANGELOG.md', ...globSync('{docs,charts,examples}/**/*.md', { cwd: ROOT })];
const FOLDERS = 'bench|builder|charts|cli|core|docs|engines|examples|router|scripts|server|test';

function textOf(page: string): string {
  return readFileSync(new URL(page, ROOT), 'utf8');
}

/** Of a heading, as GitHub makes it. */
function anchor(heading: string): string {
  const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return text
    .trim()
    .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsOf(page: URL): string[] {
  const text = readFileSync(page, 'utf8').replaceAll(/^```[^]*?^```/gm, '');
  return [...text.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => anchor(heading));
}

test('every link of a page leads to a file of the repository, and to a heading that it has', () => {
  const links = PAGES.flatMap((page) =>
    [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => ({ page, link }))
      .filter(({ link }) => !/^[a-z]+:/.test(link)),
  );
  expect(links.length).toBeGreaterThan(100);
  const broken = links.filter(({ page, link }) => {
    const { hash, href } = new URL(link, new URL(page, ROOT));
    const target = new URL(href.replace(/#.*$/, ''));
    if (!existsSync(target)) return true;
    return hash !== '' && !anchorsOf(target).includes(decodeURIComponent(hash.slice(1)));
  });
  expect(broken).toEqual([]);
});

test('every file and folder that a page names is there', () => {
  const named = PAGES.flatMap((page) =>
    [...textOf(page).matchAll(new RegExp(`\`((?:${FOLDERS})/[\\w./-]*)\``, 'g'))].map(([, path = '']) => ({
      page,
      path,
    })),
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(({ path }) => !existsSync(new URL(path, ROOT)))).toEqual([]);
});
