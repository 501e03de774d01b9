import { describe, expect, test } from 'vitest';
import { looksSecret } from '../../../core/config/looks-secret.ts';

describe('looks like a secret', () => {
  test.each([
    ['DATABASE_URL', 'postgres://shop:hunter2@db.example.com/shop'],
    ['REDIS', 'redis://:hunter2@10.0.0.1:6379'],
    ['ODD', 'mysql://u:p@ss@host/db'],
    ['SERVERS', 'amqp://a.example,amqp://u:p@b.example'],
    ['DB_PASSWORD', 'hunter2'],
    ['password', 'hunter2'],
    ['GITHUB_TOKEN', 'abc'],
    ['STRIPE_API_KEY', 'abc'],
    ['AWS_SECRET_ACCESS_KEY', 'abc'],
    ['SECRET_KEY_BASE', 'abc'],
    ['JWT_SECRET', '12345678'],
    ['KEY', '-----BEGIN RSA PRIVATE KEY-----\nabc'],
    ['X', `ghp_${'a'.repeat(36)}`],
    ['Y', 'sk_live_abcdefghijkl'],
  ])('%s=%s', (key, value) => {
    expect(looksSecret(key, value)).toMatch(new RegExp(`^${key} `));
    expect(looksSecret(key, value)).not.toContain('hunter2');
  });
});

describe('does not', () => {
  test.each([
    ['DATABASE_URL', 'postgres://db.example.com/shop'],
    ['DATABASE_URL', 'postgres://shop@db.example.com/shop'],
    ['CALLBACK', 'https://example.com/a:b@c'],
    ['LINK', 'https://example.com/?next=https://a:b'],
    ['ADDRESS', 'http://localhost:8080'],
    ['LOG_LEVEL', 'info'],
    ['PASSWORD_MIN_LENGTH', '12'],
    ['TOKEN_TTL', '3600'],
    ['REQUIRE_TOKEN', 'true'],
    ['MAX_TOKEN', '4096'],
    ['CACHE_KEY', 'v2'],
    ['PRIMARY_KEY', 'id'],
    ['SSH_PUBLIC_KEY', 'ssh-ed25519 AAAA'],
    ['AWS_ACCESS_KEY_ID', 'AKIAABCDEFGHIJKLMNOP'],
    ['NEXT_PUBLIC_MAPS_API_KEY', 'abc'],
    ['VITE_API_KEY', 'abc'],
    ['STRIPE_PUBLISHABLE_KEY', 'pk_live_abc'],
    ['DB_PASSWORD_FILE', '/run/secrets/db'],
    ['PRIVATE_KEY', './keys/dev.pem'],
    ['API_TOKEN', ''],
    ['CERT', '-----BEGIN CERTIFICATE-----\nabc'],
    ['MONKEY', 'banana'],
  ])('%s=%s', (key, value) => {
    expect(looksSecret(key, value)).toBeUndefined();
  });
});
