import type { CodegenConfig } from '@graphql-codegen/cli';

/** Reads what `npm run schema:print` has written. */
const config: CodegenConfig = {
  schema: 'schema/api.graphql',
  documents: [
    'schema/fragments.graphql',
    'schema/operations/*.graphql',
    'test/operations/*.graphql',
  ],
  generates: {
    'schema/possible-types.json': { plugins: ['fragment-matcher'] },
    'test/generated/operations.ts': {
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        useTypeImports: true,
        namingConvention: 'keep',
        enumType: 'string-literal',
        scalars: { DateTime: 'string', HttpsUrl: 'string', JSON: 'unknown' },
        defaultScalarType: 'unknown',
      },
    },
  },
};

export default config;
