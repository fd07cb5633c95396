// Requests that are no HTTP/1.1, or of which it is unclear where they end.
import { connect } from 'node:net';
import { readAnswer } from './connection.js';

const HOST = 'Host: a\r\nConnection: close\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
/** What a request hides behind its body: if it is answered, somebody could speak in the name of another client. */
const HIDDEN = `GET /hidden HTTP/1.1\r\n${HOST}\r\n`;
const post = (headers, body) => `POST /engines HTTP/1.1\r\n${HOST}${JSON_TYPE}${headers}\r\n${body}`;

/** It is unclear where these end: there must be one answer, a 400, and the connection must end. */
const AMBIGUOUS = [
  post('Content-Length: 2\r\nContent-Length: 40\r\n', `{}${HIDDEN}`),
  post('Content-Length: 2, 40\r\n', `{}${HIDDEN}`),
  post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${HIDDEN}`),
  post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', `0\r\n\r\n${HIDDEN}`),
  post('Transfer-Encoding: identity\r\nContent-Length: 2\r\n', `{}${HIDDEN}`),
  post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${HIDDEN}`),
  post('Transfer-Encoding : chunked\r\n', `0\r\n\r\n${HIDDEN}`),
  post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${HIDDEN}`),
  post('Content-Length: +2\r\n', `{}${HIDDEN}`),
  post('Content-Length: -2\r\n', `{}${HIDDEN}`),
  post('Content-Length: 0x2\r\n', `{}${HIDDEN}`),
  post('Content-Length: 2 2\r\n', `{}${HIDDEN}`),
  post(`Content-Length: ${'9'.repeat(40)}\r\n`, `{}${HIDDEN}`),
  post('Transfer-Encoding: chunked\r\n', `-1\r\n\r\n${HIDDEN}`),
  post('Transfer-Encoding: chunked\r\n', `zz\r\n\r\n${HIDDEN}`),
  post('Transfer-Encoding: chunked\r\n', `${'f'.repeat(20)}\r\n\r\n${HIDDEN}`),
  post('Transfer-Encoding: chunked\r\n', `2\r\n{}xx0\r\n\r\n${HIDDEN}`),
];

/** These must be refused. */
const INVALID = [
  'GET\r\n\r\n',
  'GET / HTTP/1.1 x\r\n\r\n',
  'GET / HTTP/9.9\r\n\r\n',
  'GET  / HTTP/1.1\r\n\r\n',
  ' GET / HTTP/1.1\r\n\r\n',
  'get / HTTP/1.1\r\n\r\n',
  'G\u0000T / HTTP/1.1\r\n\r\n',
  'GET /\u0000 HTTP/1.1\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
  '{"title":"a"}\r\n\r\n',
  'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
  'GET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\nHost: b\r\n\r\n',
  'GET / HTTP/1.1\r\nConnection: close\r\nHost: a b\r\n\r\n',
  'GET / HTTP/1.1\r\nConnection: close\r\nHost: a/b@c\r\n\r\n',
  `GET / HTTP/1.1\r\n${HOST}No colon\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}: no name\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}A blank : a\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}(x): a\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}X: a\u0000b\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}X: a\rb\r\n\r\n`,
  `GET /engines/../${'a'.repeat(9000)} HTTP/1.1\r\n${HOST}\r\n`,
  `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`,
  `GET / HTTP/1.1\r\n${HOST}X: ${'a'.repeat(20_000)}\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}${'a'.repeat(20_000)}: a\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}${Array.from({ length: 300 }, (_, index) => `X-${index}: a\r\n`).join('')}\r\n`,
  `CONNECT localhost:1 HTTP/1.1\r\n${HOST}\r\n`,
  `TRACE / HTTP/1.1\r\n${HOST}\r\n`,
  `QUIT / HTTP/1.1\r\n${HOST}\r\n`,
  post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'),
  post('Transfer-Encoding: chunked\r\n', `2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`),
  post('Transfer-Encoding: chunked\r\n', `2\r\n{}\r\n0\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`),
  post('Expect: 200-ok\r\nContent-Length: 2\r\n', '{}'),
];

/** @returns {{ bytes: Buffer, isAmbiguous: boolean }[]} */
const malformedRequests = () =>
  [AMBIGUOUS, INVALID].flatMap((texts) =>
    texts.map((text) => ({ bytes: Buffer.from(text, 'latin1'), isAmbiguous: texts === AMBIGUOUS })),
  );

/** How long the server may take to answer and to close the connection, in milliseconds. */
const CLOSED_MS = 15_000;

/**
 * Sends a malformed request on a connection of its own, and reads all that comes back.
 * @returns {Promise<{ answers: import('./connection.js').Answer[], isClosed: boolean }>}
 */
function sendMalformed(port, bytes) {
  return new Promise((resolve) => {
    const pieces = [];
    let isClosed = true;
    let why;
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
      .on('data', (piece) => pieces.push(piece))
      .on('error', (error) => (why = error.message))
      .on('close', () => {
        clearTimeout(timer);
        resolve({ answers: [...answersIn(Buffer.concat(pieces))], isClosed, why });
      });
    const timer = setTimeout(() => {
      isClosed = false;
      socket.destroy();
    }, CLOSED_MS);
  });
}

function* answersIn(bytes) {
  for (let rest = bytes; rest.length > 0;) {
    const read = readAnswer(rest);
    if (!read) return;
    yield read.answer;
    rest = rest.subarray(read.length);
  }
}

const EACH = 24;
const AT_ONCE = 16;

/** Sends each malformed request many times. @returns {Promise<number>} how many were sent */
export async function sendAllMalformed({ port, check, findings }) {
  const requests = malformedRequests();
  const queue = Array.from({ length: EACH }, () => requests).flat();
  const sent = queue.length;
  const send = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const { answers, isClosed, why } = await sendMalformed(port, next.bytes);
      const add = (kind) =>
        findings.add(`malformed: ${kind}`, JSON.stringify(next.bytes.toString('latin1').slice(0, 300)));
      // One that is kept for further requests says so.
      if (!isClosed && answers[0]?.headers['connection'] !== 'keep-alive') add('the connection hangs');
      if (answers.length !== 1) add(`${answers.length} answers (${why})`);
      const flaw = answers.map((answer) => check(answer, 0)).find(Boolean);
      if (flaw) add(flaw);
      if (next.isAmbiguous && answers[0]?.status !== 400) add(`the status is ${answers[0]?.status}`);
      if (answers[0]?.status < 400) add('it is not refused');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
  return sent;
}
