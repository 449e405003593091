import { expect, test } from 'vitest';
import { csvText } from './csv.ts';

test('quotes what must be, and leaves out what is no number', () => {
  const rows = [
    ['class', 'recall'],
    ['tea, "green"', 0.25],
    ['two\nlines', Number.NaN],
    ['a-b', -1],
  ];
  expect(csvText(rows)).toBe('class,recall\r\n"tea, ""green""",0.25\r\n"two\nlines",\r\na-b,-1\r\n');
});

test.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['\r=1', `"'\r=1"`],
  ['=A1,"x"', `"'=A1,""x"""`],
])('%j is text to a spreadsheet, no formula', (given, written) => {
  expect(csvText([[given]])).toBe(`${written}\r\n`);
});
