import type { CodegenConfig } from '@graphql-codegen/cli';

/** Types for Apollo Client, urql and graphql-request. With strict scalars, no value is `any`. */
const config: CodegenConfig = {
  schema: '../../schema/api.graphql',
  documents: ['../../schema/fragments.graphql', '../../schema/operations/*.graphql'],
  generates: {
    'generated/codegen/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        strictScalars: true,
        scalars: { DateTime: 'string', HttpsUrl: 'string', JSON: 'unknown' },
        enumType: 'string-literal',
        useTypeImports: true,
        // Apollo Client and urql add it to each selection.
        nonOptionalTypename: true,
        skipTypeNameForRoot: true,
      },
    },
  },
};

export default config;
