import { type KeyObject, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** A self-signed certificate with its key, in PEM. A client that trusts it trusts the server that presents it. */
export interface Certificate {
  cert: string;
  key: string;
}

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME = [0x55, 0x04, 0x03];
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13];
const SUBJECT_ALT_NAME = [0x55, 0x1d, 0x11];
/** Tags of ASN.1. */
const [BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID, UTF8, TIME, SEQUENCE, SET] = [
  1, 2, 3, 4, 6, 12, 23, 48, 49,
] as const;

/** For these hosts: names, or IPv4 addresses. `validFromMs` and `validToMs` count from now. */
export function createCertificate(
  hosts: readonly [string, ...string[]],
  { validFromMs = -DAY_MS, validToMs = DAY_MS } = {},
): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, der(OID, Buffer.from(ECDSA_WITH_SHA256)));
  const name = der(
    SEQUENCE,
    der(SET, der(SEQUENCE, der(OID, Buffer.from(COMMON_NAME)), der(UTF8, Buffer.from(hosts[0])))),
  );
  const tbs = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    der(SEQUENCE, toTime(validFromMs), toTime(validToMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, ...toExtensions(hosts))),
  );
  return {
    cert: toPem(der(SEQUENCE, tbs, algorithm, toSignature(tbs, privateKey))),
    key: toKey(privateKey),
  };
}

function toExtensions(hosts: readonly string[]): Buffer[] {
  const names = hosts.map((host) =>
    isIPv4(host)
      ? der(0x87, Buffer.from(host.split('.').map(Number)))
      : der(0x82, Buffer.from(host, 'ascii')),
  );
  const isAuthority = der(SEQUENCE, der(BOOLEAN, Buffer.from([0xff])));
  return [
    der(SEQUENCE, der(OID, Buffer.from(BASIC_CONSTRAINTS)), der(OCTET_STRING, isAuthority)),
    der(
      SEQUENCE,
      der(OID, Buffer.from(SUBJECT_ALT_NAME)),
      der(OCTET_STRING, der(SEQUENCE, ...names)),
    ),
  ];
}

function toTime(ms: number): Buffer {
  const digits = new Date(Date.now() + ms).toISOString().replace(/\.\d+|[-:T]/g, '');
  return der(TIME, Buffer.from(digits.slice(2)));
}

function toSignature(tbs: Buffer, key: KeyObject): Buffer {
  return der(BIT_STRING, Buffer.from([0]), sign('sha256', tbs, key));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function toPem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function toKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
