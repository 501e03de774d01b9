import { generate } from 'selfsigned';

/** Prints a self-made certificate and its key for the domain in the first argument and all names right below it. */
const domain = process.argv[2];
if (domain === undefined) throw new Error('usage: make-certificate DOMAIN');

const DAYS = 800;
const made = await generate([{ name: 'commonName', value: domain }], {
  keyType: 'ec',
  curve: 'P-256',
  algorithm: 'sha256',
  notAfterDate: new Date(Date.now() + DAYS * 86_400_000),
  extensions: [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    {
      name: 'subjectAltName',
      altNames: [
        { type: 2, value: domain },
        { type: 2, value: `*.${domain}` },
      ],
    },
  ],
});
process.stdout.write(`${made.cert.trim()}\n${made.private.trim()}\n`);
