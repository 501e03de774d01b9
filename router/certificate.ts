import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { writeDurably } from './durable.ts';
import type { RouterLayout } from './layout.ts';

/** Milliseconds before its end at which the self-made certificate is made anew. */
const RENEW_BEFORE = 30 * 86_400_000;

/**
 * Sees to it that HAProxy's certificate list is there and names a certificate for `*.domain` and `domain`.
 * Certificates for own domains will be further lines of the list.
 */
export async function ensureCertificate(layout: RouterLayout, domain: string): Promise<void> {
  await mkdir(layout.certificates, { recursive: true, mode: 0o700 });
  const file = `${layout.certificates}/default.pem`;
  if (!isGood(await readOrEmpty(file), domain)) await writeDurably(file, await makeCertificate(domain));
  const list = `${layout.certificates}/list.txt`;
  if ((await readOrEmpty(list)) === '') await writeDurably(list, 'certs/default.pem\n');
}

/** @param pem certificate and key, or nothing */
function isGood(pem: string, domain: string, now = Date.now()): boolean {
  if (pem === '') return false;
  const certificate = new X509Certificate(pem);
  // Not checkHost: OpenSSL matches no wildcard right below a top-level name such as localhost.
  const names = certificate.subjectAltName?.split(', ') ?? [];
  return names.includes(`DNS:*.${domain}`) && Date.parse(certificate.validTo) - now > RENEW_BEFORE;
}

/** In a process of its own: the library takes 15 MB that the router would never give back. */
async function makeCertificate(domain: string): Promise<string> {
  const maker = `${import.meta.dirname}/make-certificate${extname(import.meta.filename)}`;
  const { stdout } = await promisify(execFile)(process.execPath, [maker, domain]);
  return stdout;
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
