/** @type {import('jest').Config} */
export default {
  roots: ['<rootDir>/src'],
  testMatch: ['**/*.test.ts'],
  transform: {}, // tsx compiles, for Node, which loads the modules: see src/testing/jest/runner.mts
  testRunner: './src/testing/jest/runner.mts',
  testEnvironment: './src/testing/jest/environment.mts',
  setupFilesAfterEnv: ['./src/testing/jest/each-file.ts'],
  globalSetup: './src/testing/global-setup.mts',
  globalTeardown: './src/testing/global-teardown.mts',
  maxWorkers: 3, // of two cores: the tests that wait for processes leave one free
  testTimeout: 60_000,
};
