import { expect, test } from '@playwright/test';
import { temporaryProfile } from './browser.ts';
import { finished, progress, ready, visit } from './page.ts';

/** The tour, the keys and the lessons. */

test('the tour is offered once, walks along the page by mouse and by keys, and can be opened again', async () => {
  const profile = await temporaryProfile();
  const first = await visit({ profile: profile.path });
  await first.page.getByRole('button', { name: 'Take the tour' }).click();
  const card = first.page.getByRole('dialog', { name: /^Tour/ });
  await expect(card).toContainText('1 of 8');
  await card.getByRole('button', { name: 'Next' }).click();
  await first.page.keyboard.press('ArrowRight');
  await expect(card).toContainText('3 of 8');
  for (let i = 0; i < 5; i++) {
    await card.getByRole('button', { name: 'Next' }).click();
    await expect(card).toBeInViewport();
  }
  await card.getByRole('button', { name: 'Done' }).click();
  await expect(card).toHaveCount(0);
  await first.close();

  const { page, close } = await visit({ profile: profile.path });
  await expect(page.getByRole('button', { name: 'Take the tour' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Learn', exact: true }).click();
  await page.getByRole('button', { name: 'Tour of one minute' }).click();
  await expect(page.getByRole('dialog', { name: /^Tour/ })).toContainText('1 of 8');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: /^Tour/ })).toHaveCount(0);
  await close();
  await profile.remove();
});

test('single keys train, stop and open their sheet; there they can be switched off', async () => {
  const { page, close } = await visit({ hash: '#data=karate&preset=gcn&training.epochs=3' });
  await page.getByRole('button', { name: 'Not now' }).click();
  await page.keyboard.press('t');
  await finished(page);
  // In a field a letter is a letter.
  const field = page.getByLabel('Look at node');
  await field.focus();
  await page.keyboard.press('e');
  await expect(field).toHaveValue('e');
  await page.keyboard.press('Tab');
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keys' });
  await expect(sheet).toContainText('train, pause, go on');
  await sheet.getByRole('switch').press('Space');
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
  await page.keyboard.press('?');
  await expect(sheet).toHaveCount(0);
  await close();
});

test('a lesson is a link: its runs are made here one by one, kept, and drawn', async () => {
  const profile = await temporaryProfile();
  const { page, close } = await visit({ profile: profile.path, hash: '#lesson=worth' });
  const lesson = page.getByRole('region', { name: 'Lesson: What a graph is worth' });
  await expect(lesson).toContainText('0 of 6 runs done');
  await lesson.getByRole('button', { name: 'Train GCN, seed 0' }).click();
  await expect(lesson).toContainText('1 of 6 runs done', { timeout: 90_000 });
  await lesson.getByRole('button', { name: 'Train those that are left' }).click();
  await expect(progress(page)).toContainText(/epoch \d/, { timeout: 20_000 });
  await lesson.getByRole('button', { name: 'Stop' }).click();
  await expect(lesson.getByRole('button', { name: 'Train those that are left' })).toBeEnabled({ timeout: 20_000 });
  await expect(lesson.getByRole('img')).toHaveAttribute('aria-label', /GCN: 0: \d+\.\d %/);
  await page.reload();
  await ready(page);
  await close();

  const again = await visit({ profile: profile.path, hash: '#lesson=worth' });
  await expect(again.page.getByRole('region', { name: /^Lesson/ })).toContainText('1 of 6 runs done');
  await again.page.getByRole('button', { name: 'Learn', exact: true }).click();
  await again.page.getByRole('button', { name: 'Memory against time' }).click();
  await expect(again.page.getByRole('region', { name: 'Lesson: Memory against time' })).toContainText('0 of 5');
  await again.page.getByRole('button', { name: 'Close the lesson' }).click();
  await expect(again.page.getByRole('region', { name: /^Lesson/ })).toHaveCount(0);
  await again.close();
  await profile.remove();

  const unknown = await visit({ hash: '#lesson=cooking' });
  await expect(unknown.page.getByRole('alert')).toContainText('the lessons are worth, over-smoothing, memory');
  await unknown.close();
});
