import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startSandbox } from '../../src/sandbox/index.ts';
import { openService } from '../stored/opened-service.ts';
import { type Certificate, createCertificate } from '../support/certificates.ts';
import { type Commanded, runCommand } from '../support/command.ts';
import { runMain, startServiceProcess } from '../support/service-process.ts';
import { type RedisServer, findRedis, startRedis } from '../support/redis.ts';

const executablePath = findRedis();
if (!executablePath) console.log('Skipped: certificates of Redis, since Redis is not installed.');

const DAY_MS = 86_400_000;
const ADVICE = 'add the certificate of its authority with NODE_EXTRA_CA_CERTS';
/** Said of a Redis that is not there. */
const UNCHECKED = 'Redis could not be reached, so its certificate was not checked';

(executablePath ? describe : describe.skip)('a Redis that speaks TLS', () => {
  let redis: RedisServer;
  let folder: string;
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    redis = await startRedis(executablePath ?? '');
    folder = mkdtempSync(join(tmpdir(), 'badges-certificate-'));
  });
  afterEach(async () => {
    await Promise.all(ends.splice(0).map((end) => end()));
  });
  afterAll(async () => {
    await redis.stop();
    rmSync(folder, { recursive: true });
  });

  /** Its port. */
  async function startTls(certificate: Certificate): Promise<number> {
    const sockets = new Set<Socket>();
    const server = createServer(certificate, (near) => {
      const far = connect({ port: Number(new URL(redis.url).port), host: '127.0.0.1' });
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) {
        sockets.add(socket.on('error', () => undefined));
      }
      near.on('close', () => far.destroy());
    });
    server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(async () => {
      server.close();
      sockets.forEach((socket) => void socket.destroy());
    });
    return (server.address() as AddressInfo).port;
  }

  /** What a start, and the check of its configuration, say when they end with 1. */
  async function refusals(env: Record<string, string>): Promise<string[]> {
    const settings = { SANDBOX: 'true', ...env };
    const start = runMain({ env: settings });
    const [started, checked] = await Promise.all([start, check(settings)]);
    return [`${started.code}: ${started.stderr()}`, `${checked.code}: ${checked.stderr}`];
  }

  /** Node reads which authorities it trusts when a process starts. */
  async function check(env: Record<string, string>): Promise<Commanded> {
    if (env.NODE_EXTRA_CA_CERTS === undefined) return runCommand('--check-config', { env });
    const { code, stdout, stderr } = await runMain({ env, args: ['--check-config'] });
    return { code: code ?? NaN, stdout: stdout(), stderr: stderr() };
  }

  const trust = (certificate: Certificate): Record<string, string> => {
    const file = join(folder, 'authority.pem');
    writeFileSync(file, certificate.cert);
    return { NODE_EXTRA_CA_CERTS: file };
  };

  test.each<[string, string, () => Certificate, 'known' | 'unknown']>([
    ['that nobody vouches for', '127.0.0.1', () => createCertificate(['127.0.0.1']), 'unknown'],
    ['of another host', '127.0.0.1', () => createCertificate(['redis.example']), 'known'],
    [
      'that has expired',
      '127.0.0.1',
      () => createCertificate(['127.0.0.1'], { validFromMs: -2 * DAY_MS, validToMs: -DAY_MS }),
      'known',
    ],
  ])(
    'with a certificate %s ends the start, and is found by the check',
    async (_what, host, make, authority) => {
      const certificate = make();
      const port = await startTls(certificate);
      const env = {
        REDIS_URL: `rediss://:password@${host}:${port}`,
        ...(authority === 'known' ? trust(certificate) : {}),
      };
      for (const said of await refusals(env)) {
        expect(said).toMatch(/^1: /);
        expect(said).toContain('The certificate of Redis is not trusted (');
        expect(said).toContain(ADVICE);
        expect(said).not.toContain('password@');
        expect(said).not.toMatch(/^ {4}at /m);
      }
    },
  );

  test('with a certificate of an authority that is named is used', async () => {
    const certificate = createCertificate(['127.0.0.1']);
    const port = await startTls(certificate);
    const env = { REDIS_URL: `rediss://127.0.0.1:${port}`, SANDBOX: 'true', ...trust(certificate) };
    const service = await startServiceProcess(env);
    ends.push(() => service.kill());
    expect(service.output()).toContain('Connected to Redis');
    const { code, stdout } = await check(env);
    expect(code).toBe(0);
    expect(stdout).toContain('The configuration is valid.');
    expect(stdout).not.toContain(UNCHECKED);
  });

  test('and is not there leaves the check good, which says so, and the start waits for it', async () => {
    const env = { REDIS_URL: 'rediss://127.0.0.1:1', SANDBOX: 'true' };
    const { code, stdout } = await check(env);
    expect(code).toBe(0);
    expect(stdout).toContain(UNCHECKED);
    const sandbox = await startSandbox();
    ends.push(() => sandbox.close());
    const service = await openService({ sandbox, env });
    ends.push(() => service.stop());
    expect(service.said).toContain('Redis is unavailable');
  });
});
