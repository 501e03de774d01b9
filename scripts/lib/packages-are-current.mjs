import { readFileSync } from 'node:fs';

/**
 * Exit status 0 when node_modules holds what package-lock.json says. Runs on the machine's own node, which may
 * be an old one.
 */
const checkout = process.argv[2];

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(`${checkout}/${file}`, 'utf8')).packages;
  } catch {
    return {};
  }
}

const wanted = packagesIn('package-lock.json');
const installed = packagesIn('node_modules/.package-lock.json');
const missing = Object.keys(wanted).filter((name) => {
  if (name === '' || wanted[name].optional || wanted[name].devOptional) return false;
  return installed[name] === undefined || installed[name].version !== wanted[name].version;
});
process.exit(missing.length === 0 ? 0 : 1);
