import type { TemplateFiles } from './files.ts';

/** An app whose dependencies are in requirements.txt or pyproject.toml, if it has any. */
export function pythonTemplate(files: readonly string[]): TemplateFiles {
  const pytest = files.some((file) => /^(pytest\.ini|conftest\.py|tests?\/conftest\.py)$/.test(file));
  return {
    Dockerfile: `FROM python:3.11-slim AS app
WORKDIR /app
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
${sources(files)}
# Runs on each push; the push fails when it does.
FROM app AS test
${pytest ? 'RUN pip install pytest && python -m pytest' : unittest(files)}

FROM app
USER 65534
# The app listens on the PORT that it is given.
EXPOSE 8080
CMD ${command(files)}
`,
    '.dockerignore': `.git
.env
.venv
__pycache__
*.pyc
.pytest_cache
`,
  };
}

/** Dependencies before the sources where that is possible, so that a changed source does not install them again. */
function sources(files: readonly string[]): string {
  if (files.includes('requirements.txt')) {
    return 'COPY requirements.txt ./\nRUN pip install -r requirements.txt\nCOPY . .\n';
  }
  const isPackage = files.includes('pyproject.toml') || files.includes('setup.py');
  return isPackage ? 'COPY . .\nRUN pip install .\n' : 'COPY . .\n';
}

/** unittest finds nothing in a folder without __init__.py, and newer Pythons take no test at all for a failure. */
function unittest(files: readonly string[]): string {
  if (files.includes('manage.py')) return 'RUN python manage.py test';
  if (files.some((file) => /(^|\/)test[^/]*\.py$/.test(file))) {
    const folder = files.find((file) => /^tests?\/test[^/]*\.py$/.test(file))?.split('/')[0];
    const isPackage = folder !== undefined && files.includes(`${folder}/__init__.py`);
    return folder === undefined || isPackage
      ? 'RUN python -m unittest -v'
      : `RUN python -m unittest discover -v -s ${folder} -t .`;
  }
  return '# No tests were found. Until there are some, this looks for syntax errors.\nRUN python -m compileall -q .';
}

/** How the app starts, as far as file names tell. */
function command(files: readonly string[]): string {
  if (files.includes('manage.py'))
    return '["sh", "-c", "exec python manage.py runserver 0.0.0.0:${PORT:-8080}"]';
  const module = files.find((file) => /^[^/]+\/(web|__main__)\.py$/.test(file));
  if (module !== undefined) {
    return JSON.stringify([
      'python',
      '-m',
      module
        .replace(/\.py$/, '')
        .replace(/\/__main__$/, '')
        .replace('/', '.'),
    ]).replaceAll(',', ', ');
  }
  const script = ['app.py', 'main.py', 'server.py', 'web.py'].find((file) => files.includes(file));
  return `["python", "${script ?? 'app.py'}"]`;
}
