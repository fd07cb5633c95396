// Clients that hold a connection: each sends next to nothing, or reads nothing. The server must end each by itself.
import { connect } from 'node:net';

/** The server waits 30 s, looks every 5 s, and closes slowly. Beyond this, in milliseconds, a connection hangs. */
const PATIENCE_MS = 75_000;
/** A client that has read nothing until then reads that the server has ended the connection, if it has. */
const READ_MS = 70_000;
const READING_MS = 3000;
const DRIP_MS = 1000;

const head = (line, headers) => `${line} HTTP/1.1\r\nHost: a\r\n${headers}`;
const post = (type, headers) => head('POST /engines', `Content-Type: ${type}\r\n${headers}\r\n\r\n`);

/** What is sent at once, and what then drips, byte by byte. `readsNot`: the answer is not read. */
const KINDS = (authorization) => ({
  'silence from the beginning': {},
  'half a header': { sent: head('GET /engines', 'X-A: ') },
  'a header byte by byte': { sent: head('GET /engines', 'X-A: '), drips: true },
  'a target byte by byte': { sent: 'GET /', drips: true },
  'a body that does not come': { sent: post('application/json', `${authorization}\r\nContent-Length: 9000`) },
  'a body byte by byte': { sent: post('application/json', `${authorization}\r\nContent-Length: 9000`), drips: true },
  'a chunk byte by byte': {
    sent: `${post('application/json', `${authorization}\r\nTransfer-Encoding: chunked`)}900\r\n`,
    drips: true,
  },
  'rows that do not come': {
    sent: `${post('application/x-ndjson', `${authorization}\r\nTransfer-Encoding: chunked`)}2\r\n{"\r\n`,
  },
  'a body that nobody may send': { sent: post('application/json', 'Content-Length: 90000000'), drips: true },
  'answers that are not read': { sent: head('GET /openapi.json', '\r\n').repeat(200), readsNot: true },
});

const slowKinds = (authorization) => Object.entries(KINDS(authorization)).map(([name, kind]) => ({ name, ...kind }));

/**
 * @returns {Promise<number | undefined>} after how many milliseconds the server ended the connection; `undefined` if it did not
 */
function holdConnection(port, { sent = '', drips = false, readsNot = false }) {
  return new Promise((resolve) => {
    const begin = performance.now();
    let dripping;
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(sent);
      if (drips) dripping = setInterval(() => socket.write('a'), DRIP_MS);
    })
      // A client that sent for ever would be cut off too, but later.
      .on('data', () => {
        clearInterval(dripping);
        if (readsNot) socket.pause();
      })
      .on('end', () => socket.destroy())
      .on('error', () => {})
      .on('close', () => end(performance.now() - begin));
    const reading = readsNot && setTimeout(() => socket.removeAllListeners('data').resume(), READ_MS);
    const patience = setTimeout(end, readsNot ? READ_MS + READING_MS : PATIENCE_MS);
    function end(tookMs) {
      clearInterval(dripping);
      clearTimeout(patience);
      clearTimeout(reading);
      resolve(tookMs);
      socket.destroy();
    }
  });
}

const EACH = 12;

/** Holds many connections of each kind at once. @returns {Promise<number>} how many */
export async function holdConnections({ port, findings, subjects }) {
  const kinds = slowKinds(`Authorization: Bearer ${subjects.slowKey}`);
  const held = kinds.flatMap((kind) => Array.from({ length: EACH }, () => kind));
  await Promise.all(
    held.map(async (kind) => {
      const tookMs = await holdConnection(port, kind);
      if (tookMs === undefined) findings.add('a connection hangs', kind.name);
    }),
  );
  return held.length;
}
