// Every place of every operation in the description into which something can be put.

/**
 * @typedef {{ method: string, target: string, headers: Record<string, string>, body?: string }} Message
 * @typedef {{ name: string, fill: (payload: import('./payloads.js').Payload, path: string) => Message }} Place
 * @typedef {{ method: string, path: string, isOpen: boolean, plain: Partial<Message>, places: Place[] }} Attacked an operation;
 *   open: it needs no key; plain: as it is meant to be used
 */

/** Headers that the description does not list. What they do does not depend on the operation, so each operation gets some. */
const HEADERS = [
  'Accept',
  'Accept-Encoding',
  'Authorization',
  'Content-Encoding',
  'Content-Type',
  'Cookie',
  'Expect',
  'Forwarded',
  'If-Range',
  'Last-Event-ID',
  'Origin',
  'Range',
  'Referer',
  'User-Agent',
  'X-Forwarded-For',
  'X-HTTP-Method-Override',
  'X-Request-Id',
];

const SHARE = 4;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
const encode = (text) => encodeURIComponent(text.toWellFormed());

/** @returns {Attacked[]} */
export function attackedOperations(description) {
  const resolve = (part) =>
    part?.$ref
      ? part.$ref
          .slice(2)
          .split('/')
          .reduce((inner, name) => inner[name], description)
      : part;
  let count = 0;
  return Object.entries(description.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => method in item).map((method) => {
      const operation = item[method];
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
      const bodies = bodiesOf(resolve(operation.requestBody), resolve);
      const base = { method: method.toUpperCase(), ...bodies[0]?.base };
      return {
        method,
        path,
        isOpen: !('401' in operation.responses),
        plain: base,
        places: [...headPlaces(base, path, parameters, count++), ...bodies.flatMap(bodyPlaces(base))],
      };
    }),
  );
}

/** The places in the target and the header of an operation. */
function headPlaces(base, path, parameters, count) {
  const message = (target, more = {}) => ({ ...base, target, headers: { ...base.headers, ...more } });
  const queries = parameters.filter((parameter) => parameter.in === 'query');
  const headers = parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
  const inTarget = {
    ...Object.fromEntries(
      queries.map(({ name }) => [`parameter ${name}`, ({ text }, at) => `${at}?${encode(name)}=${encode(text)}`]),
    ),
    'the name of a parameter': ({ text }, at) => `${at}?${encode(text)}=1`,
    'an operator': ({ text }, at) => `${at}?title[${encode(text)}]=1`,
    'an operator of a parameter of any name': ({ text }, at) => `${at}?${encode(text)}[$ne]=1`,
    'a query as it is': ({ text }, at) => `${at}?${onOneLine(text)}`,
    'the end of a path as it is': ({ text }, at) => `${at}/${onOneLine(text)}`,
    'the end of a path': ({ text }, at) => `${at}/${encode(text)}`,
  };
  if (path.includes('{')) {
    inTarget['a parameter of the path'] = ({ text }) => path.replace(/\{\w+\}/, () => encode(text));
    inTarget['a parameter of the path as it is'] = ({ text }) => path.replace(/\{\w+\}/, () => onOneLine(text));
  }
  return [
    ...Object.entries(inTarget).map(([name, target]) => ({ name, fill: (...filled) => message(target(...filled)) })),
    ...[...headers, ...HEADERS.filter((_, index) => (index + count) % SHARE === 0)].map((header) => ({
      name: `header ${header}`,
      fill: ({ text }, at) => message(at, { [header]: onOneLine(text) }),
    })),
  ];
}

/** A line feed would end the line of the message, and make something else of the rest. */
const onOneLine = (text) => text.replaceAll(/[\r\n]/g, '');

/** A valid body of each media type. */
function bodiesOf(requestBody, resolve) {
  const content = Object.entries(requestBody?.content ?? {});
  const [, json] = content.find(([type]) => type === 'application/json') ?? [];
  return content.map(([type, { schema, example }]) => {
    const names = propertiesOf(json?.schema, resolve);
    const value = example ?? json?.example ?? sample(resolve(schema));
    const write = type in WRITTEN ? WRITTEN[type] : JSON.stringify;
    return { type, names, value, base: { headers: { 'Content-Type': type }, body: write(value) } };
  });
}

const WRITTEN = {
  'application/x-ndjson': (value) => `${JSON.stringify(value)}\n`,
  'text/csv': (value) => `${Object.keys(value).join()}\n${Object.values(value).join()}\n`,
};

function propertiesOf(schema, resolve) {
  const { properties = {}, oneOf = [], anyOf = [], allOf = [] } = resolve(schema) ?? {};
  const inner = [...oneOf, ...anyOf, ...allOf].flatMap((part) => propertiesOf(part, resolve));
  return [...new Set([...Object.keys(properties), ...inner])];
}

const sample = ({ properties = {}, required = [] }) =>
  Object.fromEntries(
    required.map((name) => [name, properties[name].examples?.[0] ?? properties[name].enum?.[0] ?? 'a']),
  );

/** The places in a body of one media type. */
const bodyPlaces =
  (base) =>
  ({ type, names, value, base: own }) => {
    const place = (name, write) => ({
      name: `${name} in ${type}`,
      fill: (payload, target) => ({ ...base, ...own, target, body: write(payload) }),
    });
    return [
      place('the whole body', ({ text }) => text),
      place('the whole value', ({ json }) => json),
      ...placesWithin(type, names, value).map(([name, write]) => place(name, write)),
    ];
  };

function placesWithin(type, names, value) {
  if (type === 'text/csv') return cellPlaces(names, value);
  const end = type === 'application/x-ndjson' ? '\n' : '';
  if (Array.isArray(value))
    return ['op', 'path', 'from', 'value'].map((member) => [
      member,
      ({ json, text }) => `[${withMember(value[0], member, member === 'path' ? JSON.stringify(`/${text}`) : json)}]`,
    ]);
  return [
    ...names.map((name) => [name, ({ json }) => withMember(value, name, json) + end]),
    ['the name of a member', ({ text }) => withMember(value, text, '1') + end],
    ['an array', ({ json }) => `[${withMember(value, names[0] ?? 'a', json)},${json}]${end}`],
  ];
}

/** Writes JSON in which a member is replaced by a text that need not be JSON. */
function withMember(value, name, json) {
  const { [name]: _replaced, ...others } = value;
  const members = Object.entries(others).map((entry) => entry.map((part) => JSON.stringify(part)).join(':'));
  return `{${[...members, `${JSON.stringify(name)}:${json}`].join()}}`;
}

const cellPlaces = (names, value) => {
  const cell = (text) => `"${text.replaceAll('"', '""')}"`;
  const rows = (heads, cells) => `${heads.join()}\n${cells.join()}\n`;
  return [
    ...names.map((name) => {
      const filled = { title: 'a', ...value };
      const others = Object.keys(filled).filter((other) => other !== name);
      return [name, ({ text }) => rows([name, ...others], [cell(text), ...others.map((other) => filled[other])])];
    }),
    ['a name', ({ text }) => rows(['title', cell(text)], ['a', 'b'])],
    ['a cell as it is', ({ text }) => rows(['title'], [text])],
  ];
};
