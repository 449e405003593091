/** Two series at most, told apart in both themes and by people who do not tell red from green (Okabe and Ito). */
export const seriesColor = (index: number): string =>
  ['light-dark(#0063a3, #56b4e9)', 'light-dark(#b04a00, #e69f00)'][index % 2];
