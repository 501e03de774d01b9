import type { Algorithms } from 'ssh2';

/**
 * What a current OpenSSH likes and what is fast here. AES-GCM only: every OpenSSH since 6.2 has it, it runs on the
 * processor's own instructions, and a client that could choose would take ChaCha20, which is several times slower in
 * this process. No Diffie-Hellman over prime fields, which lets a stranger burn our processor.
 */
export const ALGORITHMS: Algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
  ],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'],
  // Never used with GCM, but RFC 4253 wants a list.
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
  compress: ['none'],
};
