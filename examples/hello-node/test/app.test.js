import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { createApp } from '../src/app.js';

const app = createApp({ release: 'v7', commit: 'abc' });

test('the page greets and names its release', async () => {
  const response = await request(app).get('/').expect(200);
  assert.equal(response.text, 'Hello, world! This is v7.\n');
});

test('the version is there for programs', async () => {
  await request(app).get('/version').expect(200, { release: 'v7', commit: 'abc' });
});

test('it is healthy', async () => {
  await request(app).get('/healthz').expect(200);
});

test('other pages are not found', async () => {
  await request(app).get('/nowhere').expect(404);
});
