/**
 * What an update takes at least: a bare node:http server that reads the provider's list twice for each request, and
 * commits a part of it after each read, with the settings of the service's own state.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { openDatabase } from '../../dist/state/sqlite/database.js';

const [, , baseUrl = '', key = '', folder = ''] = process.argv;
const COMMITTED_CHARACTERS = 1_000;

const provider = new Pool(baseUrl);
const { database } = openDatabase({ folder });
const put = database.prepare('INSERT OR REPLACE INTO state_values (key, value) VALUES (?, ?)');

async function readAndCommit(): Promise<unknown> {
  const { body } = await provider.request({
    method: 'GET',
    path: '/badges',
    headers: { 'x-api-key': key },
  });
  const list = await body.json();
  database.exec('BEGIN IMMEDIATE');
  put.run('list', JSON.stringify(list).slice(0, COMMITTED_CHARACTERS));
  database.exec('COMMIT');
  return list;
}

async function answer(): Promise<string> {
  await readAndCommit();
  return JSON.stringify({ data: { isList: typeof (await readAndCommit()) === 'object' } });
}

const server = createServer((request, response) => {
  request.resume().once('end', () => {
    void answer().then((text) => {
      response.setHeader('content-type', 'application/json');
      response.end(text);
    });
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(`Listening on port ${(server.address() as AddressInfo).port}`);
});
