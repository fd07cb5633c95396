/** An event as pino writes it; its other fields depend on the message. */
interface Entry {
  level: number;
  msg?: string;
  err?: { message: string; stack?: string };
  [field: string]: unknown;
}

const WARN = 40;
const ERROR = 50;

/** The fields that are of no use to a person at a terminal. */
const OMITTED = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'err', 'requestId', 'traceId']);

/** A sentence for each event of the server. The fields of these events are not printed again after the sentence. */
const SENTENCES: Readonly<Record<string, (entry: Entry) => string>> = {
  database: ({ database }) => `Database: ${String(database)}`,
  'database initialised': ({ created }) => `The database was empty and has been initialised:${list(created)}`,
  listening: ({ url }) => `Listening on ${String(url)} (open it in a browser)`,
  stopping: ({ signal }) => `Stopping (${String(signal)}): waiting for running requests to end.`,
  stopped: () => 'Stopped.',
  request,
  'slow request': (entry) => `Warning: slow: ${request(entry)}`,
};

/** Turns a JSON line of the log into plain text for a terminal: one line, and a line for each element of a list. */
export function plainLine(json: string): string {
  const entry: Entry = JSON.parse(json);
  const text = SENTENCES[entry.msg ?? '']?.(entry) ?? anyEvent(entry);
  // Control characters from outside must not reach the terminal.
  return `${text}\n`.replace(/(?![\n\t])\p{Cc}/gu, '?');
}

function anyEvent({ msg = '', level, err, ...fields }: Entry): string {
  const severity = level >= ERROR ? 'Error: ' : level >= WARN ? 'Warning: ' : '';
  const rest = Object.entries(fields).filter(([name]) => !OMITTED.has(name));
  const lists = rest.filter(([, value]) => Array.isArray(value)).map(([, value]) => list(value));
  const values = rest
    .filter(([, value]) => !Array.isArray(value))
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const details = values.length === 0 ? '' : ` (${values.join(', ')})`;
  return `${severity}${msg}${details}${lists.join('')}${err ? `\n${err.stack ?? err.message}` : ''}`;
}

function list(values: unknown): string {
  if (!Array.isArray(values)) return '';
  return values.map((value) => `\n  ${typeof value === 'string' ? value : JSON.stringify(value)}`).join('');
}

/** The line of a request: "GET /engines?limit 200 in 4 ms (1 query, 3 ms)". */
function request(entry: Entry): string {
  const [method, status, route, duration, commands, database, plan] = TOLD.map((name) => String(entry[name] ?? ''));
  const names = Array.isArray(entry['parameters']) ? `?${entry['parameters'].join('&')}` : '';
  const end = entry['brokenOff'] === true ? 'broken off' : status;
  const queries = commands === '0' ? '' : ` (${commands} ${commands === '1' ? 'query' : 'queries'}, ${database} ms)`;
  return `${method} ${route || '(no such path)'}${names} ${end} in ${duration} ms${queries}${plan && `: ${plan}`}`;
}

const TOLD = ['method', 'status', 'route', 'durationMs', 'commands', 'databaseMs', 'plan'];
