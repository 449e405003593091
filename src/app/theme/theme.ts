import { createTheme, type MantineColorsTuple } from '@mantine/core';

/** Mantine's theme made ours: dense, hairlines instead of shadows, one accent. */

const accent: MantineColorsTuple = [
  '#eaf1f8',
  '#d3e0ee',
  '#a6c1de',
  '#77a0cd',
  '#5486bf',
  '#4477aa',
  '#39669a',
  '#2c5584',
  '#21456f',
  '#14345a',
];

export const theme = createTheme({
  colors: { accent },
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 5 },
  autoContrast: true,
  respectReducedMotion: true,
  defaultRadius: 3,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, monospace',
  fontSizes: { xs: '11px', sm: '12px', md: '13px', lg: '15px', xl: '18px' },
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '15px' }, h2: { fontSize: '13px' }, h3: { fontSize: '12px' } },
  },
  spacing: { xs: '6px', sm: '10px', md: '14px', lg: '20px', xl: '28px' },
});
