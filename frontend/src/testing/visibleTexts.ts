// Every text of a source file that somebody may read: string literals, templates and the text between tags, by the parser of
// TypeScript. One word in small letters is the name of something, not a text. Called by words.test.ts.
import ts from 'typescript'

export interface VisibleText {
  line: number
  text: string
}

/** Stands for what is filled in. */
const FILLED_IN = '…'

export function visibleTexts(fileName: string, source: string): VisibleText[] {
  const kind = fileName.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, true, kind)
  const found: VisibleText[] = []
  const look = (node: ts.Node): void => {
    if (isForTheCompiler(node)) return
    const text = textOf(node)
    if (text !== null && /\p{L}/u.test(text) && /\s|^\p{Lu}/u.test(text)) {
      found.push({ line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1, text })
    }
    ts.forEachChild(node, look)
  }
  look(file)
  return found
}

/** Paths of modules, types, and the names of keys. */
function isForTheCompiler(node: ts.Node): boolean {
  return (
    ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node) ||
    ts.isTypeNode(node) ||
    (ts.isStringLiteralLike(node) && ts.isPropertyAssignment(node.parent) && node.parent.name === node) ||
    (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
  )
}

function textOf(node: ts.Node): string | null {
  if (ts.isStringLiteralLike(node)) return node.text
  // A line that ends within a tag's text is a blank, as the browser shows it.
  if (ts.isJsxText(node)) return node.text.replaceAll(/\s+/g, ' ').trim()
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map(({ literal }) => FILLED_IN + literal.text).join('')
  }
  return null
}
