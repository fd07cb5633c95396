/** @type {import('jest').Config} */
export default {
  roots: ['<rootDir>/src'],
  testMatch: ['**/*.test.ts'],
  // ES modules, as https://jestjs.io/docs/ecmascript-modules has it.
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } } }] },
  moduleNameMapper: { '^#migrate$': '<rootDir>/src/migrate/index.ts' }, // as tsconfig.json has it
  setupFilesAfterEnv: ['./src/testing/each-file.ts'],
  globalSetup: './src/testing/global-setup.mts',
  globalTeardown: './src/testing/global-teardown.mts',
  maxWorkers: 3, // of two cores: the tests that wait for processes leave one free
  testTimeout: 60_000,
};
