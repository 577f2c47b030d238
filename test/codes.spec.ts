import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(__dirname, '..');
const page = join(root, 'libs', 'platform', 'graphql', 'README.md');
const CODE = /^[a-z][a-z-]*\/[a-z][a-z-]*$/;
const carriers = /^(Refused|Conflict|NotFound|UnknownType|BatonError|refuse|tokenRefused)$/;

const sources = ['apps', 'libs'].flatMap((folder) =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /(?<!\.(spec|e2e-spec|contract|d))\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('node_modules') && !path.includes('/testing/'))
    .sort(),
);

type Found = readonly [code: string, words: string];
/** Literal text, with … for interpolated values; '' if there is none. */
const wordsOf = (node: ts.Node | undefined): string => {
  if (!node) return '';
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
  if (ts.isBinaryExpression(node)) return wordsOf(node.left) + wordsOf(node.right);
  return '';
};
const propertyOf = (owner: ts.Node, name: string): ts.Node | undefined =>
  ts.isObjectLiteralExpression(owner)
    ? owner.properties.find(
        (one): one is ts.PropertyAssignment => ts.isPropertyAssignment(one) && one.name.getText() === name,
      )?.initializer
    : undefined;
const literalsIn = (node: ts.Node): string[] => {
  if (ts.isStringLiteralLike(node)) return [node.text];
  const found: string[] = [];
  ts.forEachChild(node, (inner) => void found.push(...literalsIn(inner)));
  return found;
};

/**
 * Codes with their messages: of errors, of fields named `code` or `codes`, and of a file's own helper that adds the
 * context to a reason (`new Refused(`import/${code}`, …)`).
 */
const codesIn = (text: string): Found[] => {
  const file = ts.createSourceFile('x.ts', text, ts.ScriptTarget.ES2022, true);
  const found: Found[] = [];
  const helpers = new Map<string, string>();
  const each = (visit: (node: ts.Node) => void) => {
    const walk = (node: ts.Node): void => {
      visit(node);
      ts.forEachChild(node, walk);
    };
    walk(file);
  };
  const made = (node: ts.Node) => (ts.isNewExpression(node) || ts.isCallExpression(node) ? node : undefined);
  each((node) => {
    const [code] = made(node)?.arguments ?? [];
    if (!code || !ts.isTemplateExpression(code) || !/^[a-z-]+\/$/.test(code.head.text)) return;
    const helper = ts.findAncestor(node, ts.isVariableDeclaration)?.name.getText(file);
    if (helper) helpers.set(helper, code.head.text);
  });
  each((node) => {
    const { expression, arguments: [code, words] = [] } = made(node) ?? {};
    const name = expression?.getText(file) ?? '';
    const prefix = helpers.get(name) ?? '';
    if (code && (prefix || carriers.test(name)))
      for (const literal of literalsIn(code))
        if (CODE.test(prefix + literal)) found.push([prefix + literal, wordsOf(words)]);
    if (ts.isPropertyAssignment(node) && /^codes?$/.test(node.name.getText(file))) {
      const limited = wordsOf(propertyOf(node.parent, 'of'));
      const said = wordsOf(propertyOf(node.parent, 'message')) || (limited && `At most … ${limited}.`);
      for (const literal of literalsIn(node.initializer)) if (CODE.test(literal)) found.push([literal, said]);
    }
  });
  return found;
};

const answered = new Map<string, string>();
for (const path of sources)
  for (const [code, words] of codesIn(readFileSync(path, 'utf8')))
    if (!answered.get(code))
      answered.set(code, CODE.test(words) ? '' : words.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim());
const rows = [...answered].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, words]) => [`\`${code}\``, words] as const);

/** Everything after the heading is made from the source: `UPDATE_CODES=1` rewrites it. */
const HEADING = '## Stable codes';
const tableIn = (text: string) =>
  [...text.slice(text.indexOf(HEADING)).matchAll(/^\| (`[a-z/-]+`) +\| (.*?) *\|$/gm)].map(([, code, words]) => [
    code,
    words,
  ]);
const update = () => {
  const all = [['code', 'says'] as const, ...rows];
  const widths = [0, 1].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const table = [line(all[0]!), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)];
  const before = readFileSync(page, 'utf8').split(HEADING)[0];
  writeFileSync(page, `${before}${HEADING}\n\n${table.join('\n')}\n`);
};

describe('the list of stable codes', () => {
  it('finds codes in every form of source', () => {
    const text = `throw new Refused(x ? 'a/b' : 'c/d', 'no/words'); refuse('e/f', \`at \${x}.\`);
      const y = { code: 'g/h', message: 'Why.' }; const no = (code: string) => new Refused(\`i/\${code}\`, code); no('j', 'Z');`;
    expect(codesIn(text)).toEqual([
      ['a/b', 'no/words'],
      ['c/d', 'no/words'],
      ['e/f', 'at ….'],
      ['g/h', 'Why.'],
      ['i/j', 'Z'],
    ]);
    expect(rows.length).toBeGreaterThan(150);
  });

  it('matches the source; UPDATE_CODES=1 rewrites it', () => {
    if (process.env['UPDATE_CODES'] === '1') update();
    expect(tableIn(readFileSync(page, 'utf8'))).toEqual(rows);
  });
});
