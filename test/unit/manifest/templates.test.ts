import { describe, expect, test } from 'vitest';
import { detectLanguage, LANGUAGES } from '../../../cli/templates/detect.ts';
import { templateFiles } from '../../../cli/templates/template.ts';
import { manifestOf } from './reading.ts';

test.each([
  [['package.json', 'index.js'], 'node'],
  [['requirements.txt', 'app.py'], 'python'],
  [['pyproject.toml'], 'python'],
  [['manage.py', 'package.json'], 'python'],
  [['package.json', 'fabfile.py'], 'node'],
  [['package.json', 'public/index.html'], 'node'],
  [['hello/__init__.py', 'hello/web.py'], 'python'],
  [['index.html'], 'static'],
  [['public/index.html', 'public/a.css'], 'static'],
  [['README.md'], undefined],
  [['docs/package.json', 'a/b/c.py', 'x/index.html'], undefined],
  [[], undefined],
] as const)('%j is %s', (files, language) => {
  expect(detectLanguage(files)).toBe(language);
});

describe.each(LANGUAGES)('what is written for %s', (language) => {
  test('has a test stage before the one that goes live, and is a right manifest', async () => {
    const { Dockerfile, 'sluice.yaml': yaml } = templateFiles(language, []);
    const manifest = await manifestOf({ Dockerfile, 'sluice.yaml': yaml });
    expect(manifest.test).toMatchObject({ dockerfile: 'Dockerfile', target: 'test' });
    expect(
      Dockerfile.trimEnd()
        .split(/^FROM /m)
        .at(-1),
    ).toMatch(/^USER (node|65534)$/m);
    expect(Dockerfile).toMatch(/^EXPOSE 8080$/m);
  });

  test('does not overrule app.json', async () => {
    const manifest = await manifestOf({
      Dockerfile: templateFiles(language, []).Dockerfile,
      'sluice.yaml': templateFiles(language, [])['sluice.yaml'],
      'app.json':
        '{"formation": {"web": {"quantity": 4}}, "healthchecks": {"web": [{"type": "startup", "path": "/up"}]}}',
    });
    expect(manifest).toMatchObject({ scale: { web: 4 }, web: { health: { path: '/up' } } });
  });

  test('keeps what is secret or made anew out of the image', () => {
    const ignored = templateFiles(language, [])['.dockerignore'].split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.git', '.env']));
  });
});

test.each([
  ['node', ['package.json', 'package-lock.json'], ['COPY package.json package-lock.json ./', 'RUN npm ci ']],
  ['node', ['package.json'], ['COPY package.json ./', 'RUN npm install ']],
  [
    'python',
    ['requirements.txt', 'app.py'],
    ['RUN pip install -r requirements.txt', 'CMD ["python", "app.py"]'],
  ],
  [
    'python',
    ['pyproject.toml', 'hello/__main__.py'],
    ['RUN pip install .\n', 'CMD ["python", "-m", "hello"]'],
  ],
  [
    'python',
    ['hello/web.py', 'tests/__init__.py', 'tests/test_a.py'],
    ['RUN python -m unittest -v', 'CMD ["python", "-m", "hello.web"]'],
  ],
  ['python', ['app.py', 'tests/test_a.py'], ['RUN python -m unittest discover -v -s tests -t .']],
  ['python', ['app.py', 'conftest.py'], ['python -m pytest']],
  ['python', ['app.py'], ['RUN python -m compileall -q .']],
  ['python', ['manage.py'], ['RUN python manage.py test', 'manage.py runserver 0.0.0.0:${PORT:-8080}']],
  ['static', ['public/index.html'], ['COPY public /site', 'RUN test -s /site/index.html']],
  ['static', ['index.htm'], ['COPY . /site', 'RUN test -s /site/index.htm']],
] as const)('for %s with %j the Dockerfile has its lines', (language, files, lines) => {
  const { Dockerfile } = templateFiles(language, files);
  for (const line of lines) expect(Dockerfile).toContain(line);
});
