// How each proxy is run in the foreground with its file of deploy/proxies, for which nothing but places is changed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));
export const FOLDER = join(project, 'node_modules', '.cache', 'proxies');
export const ROOT = join(FOLDER, 'root');
const LIBRARIES = ['x86_64', 'aarch64'].map((kind) => join(ROOT, `usr/lib/${kind}-linux-gnu`)).join(':');
const PUBLIC = '127.0.0.1';

const APACHE_MODULES = [
  'mpm_event',
  'authz_core',
  'ssl',
  'socache_shmcb',
  'http2',
  'proxy',
  'proxy_http',
  'filter',
  'deflate',
];
const NGINX_TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/**
 * Each: its file, what is replaced there by what, the configuration around it where it is a part of one, and its command.
 * `hidesBreaks`: it ends an answer that broke off as if it were whole. `mergesSlashes`: it makes one slash of several at the
 * beginning of a path. `isPlain`: it speaks no TLS.
 */
export const PROXIES = {
  nginx: {
    file: 'nginx.conf',
    replaced: ({ port }) => [['listen 443 ssl', `listen ${PUBLIC}:${port} ssl`]],
    wrapped: (text, { folder }) =>
      `daemon off; master_process off; pid ${folder}/pid; events {}\nhttp { access_log off;\n` +
      `${NGINX_TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}\n${text}}\n`,
    command: ({ file, folder }) => ['usr/sbin/nginx', '-c', file, '-p', folder, '-e', 'stderr'],
  },
  caddy: {
    file: 'Caddyfile',
    replaced: ({ port }) => [['engines.example.com:443', `engines.example.com:${port}`]],
    wrapped: (text) => `{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind ${PUBLIC}\n}\n${text}`,
    command: ({ file }) => ['usr/bin/caddy', 'run', '--config', file, '--adapter', 'caddyfile'],
    hidesBreaks: true,
  },
  haproxy: {
    file: 'haproxy.cfg',
    replaced: ({ port }) => [['bind :443', `bind ${PUBLIC}:${port}`]],
    command: ({ file }) => ['usr/sbin/haproxy', '-db', '-f', file],
  },
  apache: {
    file: 'apache.conf',
    replaced: ({ port }) => [['*:443', `${PUBLIC}:${port}`]],
    wrapped: (text, { folder, port }) =>
      `ServerRoot ${folder}\nPidFile pid\nMutex file:${folder}\nErrorLog ${folder}/log\nUser nobody\nGroup nogroup\n` +
      `ServerName ${PUBLIC}\nListen ${PUBLIC}:${port}\n` +
      APACHE_MODULES.map((name) => `LoadModule ${name}_module ${ROOT}/usr/lib/apache2/modules/mod_${name}.so\n`).join(
        '',
      ) +
      text,
    command: ({ file }) => ['usr/sbin/apache2', '-DFOREGROUND', '-f', file],
    mergesSlashes: true,
  },
  varnish: {
    file: 'varnish.vcl',
    replaced: () => [],
    command: ({ file, folder, port }) =>
      `usr/sbin/varnishd -F -j none -a ${PUBLIC}:${port} -f ${file} -n ${folder}/state -s malloc,64m`.split(' '),
    isPlain: true,
    compressesNothing: true,
    longestHeader: 8000,
  },
};

/** Writes the configuration of a proxy into a folder. @returns the command that runs the proxy, and its environment */
export function prepare({ file, replaced, wrapped = (text) => text, command }, { folder, port, behind, certificate }) {
  let text = readFileSync(join(project, 'deploy/proxies', file), 'utf8');
  const pem = Object.entries(certificate).map(([name, path]) => [`/etc/ssl/engines/${name}.pem`, path]);
  const backend = text.includes('.port = "3000"')
    ? ['"3000"', `"${behind}"`]
    : ['127.0.0.1:3000', `127.0.0.1:${behind}`];
  for (const [place, actual] of [...replaced({ port }), backend]) {
    if (!text.includes(place)) throw new Error(`deploy/proxies/${file} has no ${place}`);
    text = text.replaceAll(place, actual);
  }
  for (const [place, actual] of pem) text = text.replaceAll(place, actual);
  const places = { folder, port, file: join(folder, file) };
  writeFileSync(places.file, wrapped(text, places));
  const [program, ...args] = command(places);
  const env = { PATH: process.env.PATH, HOME: folder, LD_LIBRARY_PATH: LIBRARIES, TMPDIR: folder };
  return { program: join(ROOT, program), args, env };
}
