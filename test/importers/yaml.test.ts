import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../src/importers/yaml.ts';

describe('the YAML that we read', () => {
  it.each([
    ["a: 1\nb: \"x # y\"\nc: 'it''s' # why\n", { a: '1', b: 'x # y', c: "it's" }],
    ['a:\n  - b: 1\n    c: 2\n  - d\n', { a: [{ b: '1', c: '2' }, 'd'] }],
    ['a:\n- 1\n- 2\nb: ~\n', { a: ['1', '2'], b: null }],
    ['a:\n\n  # nothing\nb: null\n', { a: null, b: null }],
    ['-\n  a: 1\n- - 1\n  - 2\n', [{ a: '1' }, ['1', '2']]],
    [
      'a: [x, "y, z", {b: c:d}]\ne: {f: [], g: {}}\n',
      { a: ['x', 'y, z', { b: 'c:d' }], e: { f: [], g: {} } },
    ],
    [
      'url: https://example.com/a#b\nid: stellar:USDC:G\n',
      { url: 'https://example.com/a#b', id: 'stellar:USDC:G' },
    ],
    ['---\r\na: "\\n\\"\\\\"\r\n', { a: '\n"\\' }],
    ['\ufeff{"a": [1, true, null]}', { a: ['1', 'true', null] }],
    ['"a b": it\'s\n', { 'a b': "it's" }],
    ['', null],
  ])('%j', (text, value) => {
    expect(parseYaml(text)).toEqual(value);
  });

  it.each([
    'a: &x 1\n',
    'a: *x\n',
    'a: |\n  text\n',
    'a: >-\n  text\n',
    'a: !!int 1\n',
    'a: 1\na: 2\n',
    'a: b: c\n',
    'a:\n\tb: 1\n',
    'a: 1\n  b: 2\n',
    'a: [1, 2\n',
    'a: "x\n',
    'a: {b}\n',
    'a: 1\n---\nb: 2\n',
    'a: "x" y\n',
    '- a\nb: c\n',
    '{"a": }',
  ])('refuses %j', (text) => {
    expect(() => parseYaml(text)).toThrow(expect.objectContaining({ code: 'IMPORT_FILE_UNREADABLE' }));
  });
});
