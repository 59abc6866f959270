import neostandard, { resolveIgnoresFromGitignore } from 'neostandard'

// WeChat's own words keep WeChat's spelling.
const wechatWords = [
  'access_token', 'color_scheme', 'expires_in', 'fast_login', 'is_snapshotuser', 'redirect_uri', 'refresh_token',
  'self_redirect'
]

export default [
  ...neostandard({ ts: true, ignores: resolveIgnoresFromGitignore() }),
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // What cannot be broken: a regular expression, and HTML or CSS in a template.
      '@stylistic/max-len': ['error', { code: 120, ignoreRegExpLiterals: true, ignoreTemplateLiterals: true }],
      camelcase: ['error', { allow: wechatWords, properties: 'never' }],
      'no-void': ['error', { allowAsStatement: true }], // says of a promise that it is not awaited on purpose
      // a guess by its own words, and wrong about a condition that comes first as a parameter
      'no-unmodified-loop-condition': 'off'
    }
  },
  {
    // The title of a test is one sentence on one line.
    files: ['test/**'],
    rules: {
      '@stylistic/max-len': [
        'error',
        { code: 120, ignoreRegExpLiterals: true, ignoreTemplateLiterals: true, ignoreStrings: true }
      ]
    }
  },
  {
    // A namespace of types that merges with a const; TypeScript itself refuses any other redeclaration.
    files: ['src/index.ts'],
    rules: { '@typescript-eslint/no-redeclare': 'off' }
  }
]
