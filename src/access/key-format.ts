import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;
/** 32 digits of base 62 are 190 random bits. */
const SECRET_LENGTH = 32;
/** The least that holds any CRC-32. */
const CHECKSUM_LENGTH = 6;

/** What every key begins with, so that people and secret scanners know it. */
export const PREFIX = 'eng_';

/** The pattern of a key's id, for JSON Schema. */
export const ID_PATTERN = `^[0-9A-Za-z]{${ID_LENGTH}}$`;

const KEY = new RegExp(
  `^(${PREFIX}([0-9A-Za-z]{${ID_LENGTH}})_([0-9A-Za-z]{${SECRET_LENGTH}}))([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`,
);

/** The parts of a key: its id, which is no secret, and its secret. */
export interface KeyParts {
  id: string;
  secret: string;
}

const randomDigits = (length: number) => Array.from({ length }, () => DIGITS[randomInt(DIGITS.length)]).join('');

/** Makes the parts of a new key. */
export const newKeyParts = (): KeyParts => ({ id: randomDigits(ID_LENGTH), secret: randomDigits(SECRET_LENGTH) });

/** Writes a key: `eng_<id>_<secret><checksum>`. */
export function writeKey({ id, secret }: KeyParts): string {
  const text = `${PREFIX}${id}_${secret}`;
  return text + checksumOf(text);
}

/** Reads a key; `undefined` if it was mistyped: it has another form, or its checksum does not fit. */
export function readKey(key: string): KeyParts | undefined {
  const [, text = '', id = '', secret = '', checksum] = KEY.exec(key) ?? [];
  return checksum !== undefined && checksum === checksumOf(text) ? { id, secret } : undefined;
}

/** The CRC-32 of a text in base 62, the most significant digit first. */
function checksumOf(text: string): string {
  let rest = crc32(text);
  const digits = Array.from({ length: CHECKSUM_LENGTH }, () => {
    const digit = DIGITS[rest % DIGITS.length];
    rest = Math.floor(rest / DIGITS.length);
    return digit;
  });
  return digits.toReversed().join('');
}
