import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/dist/',
      '**/graphql-env.d.ts',
      'coverage/',
      'test/generated/',
      'examples/clients/generated/',
    ],
  },
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    // One program for all files: a service that opens them one by one takes a quarter longer.
    languageOptions: {
      parserOptions: { project: ['src/server/playground/tsconfig.json', 'tsconfig.json'] },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      'no-duplicate-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      'max-params': ['error', 4],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  // The compiler knows what a browser has.
  { files: ['src/server/playground/browser/*.js'], rules: { 'no-undef': 'off' } },
  { files: ['eslint.config.js', '.yarn/*.cjs'], extends: [tseslint.configs.disableTypeChecked] },
  // `npm ci` does not install their packages: the benchmark, `npm run supergraph` and CI do.
  {
    files: [
      'bench/peers/**',
      'deploy/telemetry/**',
      'examples/badge-desk/**',
      'examples/clients/**',
      'test/clients/**',
    ],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { '@typescript-eslint/no-namespace': ['error', { allowDeclarations: true }] },
  },
);
