// Which tests a file has, by the names under which they run: what is written about a claim names them (links.test.mjs). What only looks
// like one is none: a comment, a text, a function without #[test], a test that is skipped.

/**
 * @param {string} file its name says in which language it is
 * @param {string} text
 * @returns {string[]}
 */
export function testsOf(file, text) {
  if (file.endsWith('.rs')) return rustTests(text)
  if (/\.(mjs|js|tsx?)$/.test(file)) return scriptTests(text)
  if (file.endsWith('.test.yml')) return alertTests(text)
  return []
}

/** `#[test]` and `#[tokio::test]`, also inside of proptest!, with what stands between them and the function. @param {string} text */
function rustTests(text) {
  const code = text.replace(/\/\*[^]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  const attributes = /((?:#\[[^\]]*\]\s*)+)(?:pub\s+)?(?:async\s+)?fn\s+(\w+)/g
  return [...code.matchAll(attributes)]
    .filter(([, all]) => /#\[(?:tokio::)?test\b/.test(all) && !all.includes('#[ignore'))
    .map(([, , name]) => name)
}

/** `test`, `it` and `describe`, with `.each` and `.describe`. @param {string} text */
function scriptTests(text) {
  const code = withoutSkipped(text.replace(/^\s*\/\/.*$/gm, '').replace(/^\s*\/\*[^]*?\*\//gm, ''))
  const calls = /(?<![\w.'"`])(?:test|it|describe)((?:\.\w+)*)\(/g
  return [...code.matchAll(calls)].flatMap(({ 0: call, 1: kind, index }) => {
    if (/\.(skip|todo|fixme|fail|step|use|slow|only)\b/.test(kind)) return []
    const opening = index + call.length - 1
    const argument = kind.endsWith('.each') ? code.indexOf('(', closing(code, opening) + 1) : opening
    const name = /^\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1(\s*,\s*\{[^}]*\b(?:skip|todo)\b)?/.exec(
      code.slice(argument),
    )
    return name && !name[3] ? [name[2].replace(/\\(.)/g, '$1')] : []
  })
}

/** What stands in a group that is not run is not run either. @param {string} code */
function withoutSkipped(code) {
  const skipped = /\bdescribe\.(?:skip|todo|fixme)\(/g
  for (let found = skipped.exec(code); found; found = skipped.exec(code)) {
    const opening = found.index + found[0].length - 1
    code = code.slice(0, found.index) + code.slice(closing(code, opening) + 1)
    skipped.lastIndex = found.index
  }
  return code
}

/**
 * Where a bracket is closed; brackets in texts do not count.
 * @param {string} code
 * @param {number} opening
 */
function closing(code, opening) {
  const parts = /(['"`])(?:\\.|(?!\1)[^\\])*\1|[()]/g
  parts.lastIndex = opening
  let depth = 0
  for (let part = parts.exec(code); part; part = parts.exec(code)) {
    if (part[0] === '(') depth += 1
    if (part[0] === ')' && --depth === 0) return part.index
  }
  return code.length
}

/** What `promtool test rules` runs. @param {string} text */
function alertTests(text) {
  return [...text.matchAll(/^ {2}- name: (.+)$/gm)].map(([, name]) => name)
}
