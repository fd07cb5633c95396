import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { MongoClient } from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';

/** A value is wrong. The message says what is accepted. */
export class Unacceptable extends Error {}

export const oneOf = (values: readonly unknown[]) => (value: unknown) => {
  if (!values.includes(value)) throw new Unacceptable(`one of ${values.join(', ')}`);
};

export function nonEmptyString(value: unknown): void {
  if (typeof value !== 'string' || value === '') throw new Unacceptable('a non-empty string');
}

export function absolutePath(value: unknown): void {
  if (typeof value !== 'string' || !/^(~?\/|~$)/.test(value)) throw new Unacceptable('an absolute path');
}

function portNumber(value: unknown): void {
  if (!Number.isInteger(value) || Number(value) < 0 || Number(value) > 65_535)
    throw new Unacceptable('a whole number from 0 to 65535, where 0 picks a free port');
}

const MOST_WORKERS = 64;

function numberOfWorkers(value: unknown): void {
  if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > MOST_WORKERS)
    throw new Unacceptable(`a whole number from 1 to ${MOST_WORKERS}, or auto for the number of cores`);
}

function positiveNumber(value: unknown): void {
  if (typeof value !== 'number' || !(value > 0)) throw new Unacceptable('a number above 0');
}

function time(value: unknown): void {
  if (typeof value !== 'number' || !(value >= 0)) throw new Unacceptable('a number, 0 or more');
}

function trueOrFalse(value: unknown): void {
  if (typeof value !== 'boolean') throw new Unacceptable('true or false');
}

export function httpUrl(value: unknown): void {
  if (typeof value !== 'string' || !/^https?:/.test(value) || !URL.canParse(value))
    throw new Unacceptable('a URL such as http://127.0.0.1:3000');
}

/** What others say about callers must not be changed on its way; on this machine it has none. */
export function secureUrl(value: unknown): void {
  const { protocol, hostname } = URL.canParse(String(value)) ? new URL(String(value)) : { protocol: '', hostname: '' };
  const isHere = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && isHere))
    throw new Unacceptable('a URL such as https://login.example.com');
}

/** Those with a public key: with a shared secret (HS256), whoever verifies tokens could make them. */
const SIGNATURE_ALGORITHMS: readonly unknown[] = [
  ...['RS', 'PS', 'ES'].flatMap((kind) => ['256', '384', '512'].map((size) => kind + size)),
  'EdDSA',
  'Ed25519',
];

function signatureAlgorithms(value: unknown): void {
  if (!Array.isArray(value) || value.length === 0 || !value.every((one) => SIGNATURE_ALGORITHMS.includes(one)))
    throw new Unacceptable(`a list of ${SIGNATURE_ALGORITHMS.join(', ')}`);
}

const isOrigin = (value: unknown) =>
  value === '*' || (URL.canParse(String(value)) && new URL(String(value)).origin === value);

function origins(value: unknown): void {
  if (!Array.isArray(value) || !value.every(isOrigin))
    throw new Unacceptable('a list of origins such as https://app.example.com, without a path, or *');
}

/** Names of ranges that Express knows. */
const RANGES: readonly unknown[] = ['loopback', 'linklocal', 'uniquelocal'];

function isRange(value: unknown): boolean {
  const [address = '', bits, ...rest] = String(value).split('/');
  const version = isIP(address);
  const isPrefix = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
  return RANGES.includes(value) || (version !== 0 && isPrefix && rest.length === 0);
}

function proxies(value: unknown): void {
  const isNumber = Number.isInteger(value) && Number(value) > 0;
  if (!isNumber && !(Array.isArray(value) && value.length > 0 && value.every(isRange)))
    throw new Unacceptable(
      `the number of proxies in front of this server, or a list of their addresses and ranges, such as 10.0.0.0/8 or ${RANGES.join(', ')}`,
    );
}

export function mongodbUri(value: unknown): void {
  try {
    // This opens no connection. The two classes together refuse malformed strings and unknown options.
    void new ConnectionString(String(value)).hosts;
    void new MongoClient(String(value)).close();
  } catch (error) {
    const option = /^options? [\w, ]+ (is|are) not supported$/.exec(error instanceof Error ? error.message : '');
    throw new Unacceptable(
      `a connection string such as mongodb://HOST:27017/spaceshipDB${option ? ` (${option[0]})` : ''}`,
      { cause: error },
    );
  }
}

const number = (text: unknown) => (/^\d+(\.\d+)?$/.test(String(text)) ? Number(text) : text);
/** The cores are those that this process may use. */
const workers = (text: unknown) => (text === 'auto' ? Math.min(availableParallelism(), MOST_WORKERS) : number(text));
const list = (text: unknown) => (typeof text === 'string' ? text.split(',').map((one) => one.trim()) : text);
const BOOLEANS = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
]);

/** The named formats of settings: what they accept, and how they read the text of an environment variable. */
export const FORMATS = {
  'port-number': { validate: portNumber, coerce: number },
  'number-of-workers': { validate: numberOfWorkers, coerce: workers },
  origins: { validate: origins, coerce: list },
  'signature-algorithms': { validate: signatureAlgorithms, coerce: list },
  proxies: {
    validate: proxies,
    coerce: (text: unknown) => (typeof number(text) === 'number' ? number(text) : list(text)),
  },
  'positive-number': { validate: positiveNumber, coerce: number },
  time: { validate: time, coerce: number },
  'true-or-false': { validate: trueOrFalse, coerce: (text: unknown) => BOOLEANS.get(text) ?? text },
};
