// How each client is made from the description, and run: the last command is its program, which takes the server's URL.
import { spawnSync } from 'node:child_process';

const DESCRIPTION = 'node_modules/.cache/description/openapi.json';
const BIN = 'node_modules/.bin';
const PYTHON = 'node_modules/.cache/python/bin';
const JAVA = 'clients/openapi-generator-java';

const TYPES =
  '--noEmit --strict --skipLibCheck --target es2023 --module esnext --moduleResolution bundler --types node ' +
  '--allowImportingTsExtensions';
const typescript = (client, url) => [
  `${BIN}/tsc ${TYPES} clients/${client}/program.ts`,
  `node --import tsx/esm clients/${client}/program.ts ${url}`,
];

/** OpenAPI Generator, with the Java that comes with its Python package. */
const generate = (language, client, properties) =>
  `${PYTHON}/openapi-generator-cli generate --generator-name ${language} --input-spec ${DESCRIPTION} ` +
  `--output clients/${client}/generated --additional-properties ${properties}`;

/** The commands of each client, to be run in this folder; a blank separates arguments. */
export const CLIENTS = {
  'openapi-typescript': (url) => [
    `${BIN}/openapi-typescript ${DESCRIPTION} --output clients/openapi-typescript/generated/openapi.d.ts ` +
      '--default-non-nullable=false',
    ...typescript('openapi-typescript', url),
  ],
  'hey-api': (url) => [`${BIN}/openapi-ts --file clients/hey-api/openapi-ts.config.js`, ...typescript('hey-api', url)],
  orval: (url) => [`${BIN}/orval --config clients/orval/orval.config.js`, ...typescript('orval', url)],
  kubb: (url) => ['node clients/kubb/generate.js', ...typescript('kubb', url)],
  'openapi-generator-typescript': (url) => [
    generate('typescript-fetch', 'openapi-generator-typescript', 'importFileExtension=.ts'),
    ...typescript('openapi-generator-typescript', url),
  ],
  'openapi-generator-python': (url) => [
    generate('python', 'openapi-generator-python', 'packageName=engines_client,generateSourceCodeOnly=true'),
    `${PYTHON}/python clients/openapi-generator-python/program.py ${url}`,
  ],
  'openapi-generator-java': (url) => [
    generate('java', 'openapi-generator-java', 'useSingleRequestParameter=true,openApiNullable=false'),
    `mvn --quiet --batch-mode --file ${JAVA} -DoutputDirectory=generated/lib ` +
      'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies',
    `javac -d ${JAVA}/generated/classes --class-path ${JAVA}/generated/lib/* ` +
      `--source-path ${JAVA}/generated/src/main/java ${JAVA}/Program.java`,
    `java --class-path ${JAVA}/generated/classes:${JAVA}/generated/lib/* Program ${url}`,
  ],
  'openapi-python-client': (url) => [
    `${PYTHON}/openapi-python-client generate --path ${DESCRIPTION} --meta none --overwrite ` +
      '--output-path clients/openapi-python-client/generated --config clients/openapi-python-client/config.yml',
    `${PYTHON}/python clients/openapi-python-client/program.py ${url}`,
  ],
  'oapi-codegen': (url) => [
    `go -C clients/oapi-codegen tool oapi-codegen -config config.yml ../../${DESCRIPTION}`,
    `go -C clients/oapi-codegen run . ${url}`,
  ],
};

const NEEDS = { 'openapi-generator-java': ['mvn', 'javac'], 'oapi-codegen': ['go'] };

/** What a client needs that this machine does not have. */
export const lackingFor = (client) =>
  (NEEDS[client] ?? []).filter((command) => spawnSync(command, ['version'], { stdio: 'ignore' }).error);
