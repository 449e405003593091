import type { Method } from '../bench/views.ts';
import type { Reading } from '../bench/viewTimes.ts';

/** What the driver of `bench -- views` does within the page, so that its own messages take none of the time. */
export interface InPage {
  /** Presses Train; with `replaying`, the film of the epochs so far goes on and on meanwhile. */
  train(mark: string, replaying: boolean): void;
  /** Opens a tab. */
  open(tab: string): void;
  /** Whether the picture of the embedding is there. */
  pictured(): boolean;
  /** Chooses the kind of picture; resolves when it is painted. */
  project(method: Method, marks: { readonly begun: string; readonly ended: string }): Promise<Reading[]>;
  /** Milliseconds. */
  withoutEdge(edge: number): Promise<number>;
}

declare global {
  interface Window {
    benchViews: InPage;
  }
}

/** Runs in the page by its text alone: nothing of this module is there. */
export function installInPage(): void {
  /** Longer than any layout, milliseconds. */
  const PATIENCE = 600_000;
  /** Looks whenever something changes. */
  const until = (there: () => boolean, what: string) =>
    new Promise<void>((resolve, reject) => {
      const end = (how: () => void) => {
        observer.disconnect();
        clearTimeout(timer);
        how();
      };
      const observer = new MutationObserver(() => there() && end(resolve));
      const timer = setTimeout(() => end(() => reject(new Error(`The page has not shown ${what}.`))), PATIENCE);
      observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
      if (there()) end(resolve);
    });
  /** The first task after the next frame is painted. */
  const painted = () => new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

  const CAPTIONS = { pca: /principal components of [\d,]+ columns/, umap: /UMAP of [\d,]+ columns/ } as const;
  const buttonOf = (text: string) =>
    [...document.querySelectorAll('button')].find(({ textContent }) => textContent!.trim() === text)!;

  /** Between two looks at whether the film has come to its end. */
  const REPLAY_MS = 500;
  window.benchViews = {
    train(mark, replaying) {
      performance.mark(mark);
      buttonOf('Train').click();
      if (!replaying) return;
      const timer = setInterval(() => {
        if (/^(Done|Failed)/.test(document.querySelector('[aria-label="Training"] [role="status"]')!.textContent!)) {
          clearInterval(timer);
        }
        document.querySelector<HTMLButtonElement>('[aria-label="Replay how the predictions changed"]')?.click();
      }, REPLAY_MS);
    },

    open(tab) {
      const tabs = [...document.querySelectorAll<HTMLButtonElement>('[role="tab"]')];
      tabs.find(({ textContent }) => textContent!.startsWith(tab))!.click();
    },

    pictured() {
      const panel = document.querySelector('[role="tabpanel"] [aria-label="Embeddings"]');
      return /principal components of|UMAP of/.test(panel?.textContent ?? '');
    },

    async project(method, { begun, ended }) {
      const panel = document.querySelector('[role="tabpanel"] [aria-label="Embeddings"]')!;
      const choice = panel.querySelector<HTMLInputElement>(`input[type="radio"][value="${method}"]`)!;
      const readings: Reading[] = [];
      const start = performance.mark(begun).startTime;
      choice.click();
      await until(() => {
        const doing = panel.querySelector('[role="status"]')!.textContent!;
        const share = /([\d.]+) %/.exec(doing);
        if (share) readings.push({ at: performance.now() - start, share: Number(share[1]) / 100 });
        return doing === '' && CAPTIONS[method].test(panel.textContent!);
      }, `a picture by ${method}`);
      await painted();
      performance.mark(ended);
      return readings;
    },

    async withoutEdge(edge) {
      const buttons = document.querySelectorAll<HTMLButtonElement>('[aria-label^="Try without the edge to"]');
      if (edge >= buttons.length) throw new Error(`The node has ${buttons.length} edges to try without.`);
      const answered = () => document.querySelector('[aria-label^="Class probabilities before and after"]') !== null;
      const begun = performance.now();
      buttons[edge].click();
      await until(answered, 'an answer');
      await painted();
      const ms = performance.now() - begun;
      buttonOf('Undo all').click();
      await until(() => !answered(), 'the graph as it is');
      return ms;
    },
  };
}
