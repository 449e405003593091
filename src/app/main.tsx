import './theme/mantine.ts';
import './theme/page.css';
import { MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';
import { keepForOffline } from './offline.ts';
import { start } from './state/start.ts';
import { theme } from './theme/theme.ts';

// The worker starts before anything is drawn: it takes longer.
void start();
keepForOffline();

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    {/* All variables come from the theme: a file of Mantine's own, for pages that are drawn by a server, would hold them once more. */}
    <MantineProvider theme={theme} defaultColorScheme="auto" deduplicateCssVariables={false}>
      <App />
    </MantineProvider>
  </StrictMode>,
);
