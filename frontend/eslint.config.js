import fs from 'node:fs'
import js from '@eslint/js'
import jsxA11y from 'eslint-plugin-jsx-a11y'
import reactHooks from 'eslint-plugin-react-hooks'
import globals from 'globals'
import tseslint from 'typescript-eslint'

const features = fs.readdirSync(new URL('src/features', import.meta.url))

export default tseslint.config(
  { ignores: ['dist', 'src/api/generated', 'playwright-report', 'test-results'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ['src/**/*.{ts,tsx}'],
    languageOptions: { globals: globals.browser },
    plugins: { 'react-hooks': reactHooks },
    rules: reactHooks.configs.recommended.rules,
  },
  { files: ['src/**/*.tsx'], ...jsxA11y.flatConfigs.strict },
  // A feature knows the components and the API, never another feature: the app puts them together.
  ...features.map((feature) => ({
    files: [`src/features/${feature}/**`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            '**/features/*',
            ...features.filter((other) => other !== feature).map((other) => `../${other}/*`),
            '../../app/*',
          ],
        },
      ],
    },
  })),
  { files: ['*.config.*', 'build/**', 'e2e/**'], languageOptions: { globals: globals.node } },
)
