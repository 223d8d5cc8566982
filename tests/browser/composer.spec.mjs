// What a text costs stands under it while it is written.

import { GUS, expect, test } from './harness/test.mjs';

test('characters left, parts, and a click that makes a text fit again', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.textContact('Gus Dales');
  await expect(window.count).toHaveText('160 left · 1 part');
  await window.draft.fill('x'.repeat(161));
  await expect(window.count).toHaveText('145 left · 2 parts');
  await expect(window.root.locator('.rl-said')).toHaveText('2 parts');

  await window.draft.fill('“Noon” – or later…');
  await expect(window.count).toHaveText('52 left · 1 part');
  await expect(window.root.locator('.rl-foreign')).toContainText('because of “ ” – …');
  await window.draft.evaluate((area) => area.setSelectionRange(6, 6));
  await window.action('replace').click();
  await expect(window.draft).toHaveValue('"Noon" - or later...');
  await expect(window.draft).toBeFocused();
  expect(await window.draft.evaluate((area) => area.selectionStart)).toBe(6);
  await expect(window.root.locator('.rl-foreign')).toBeHidden();
  await window.draft.press('Enter');
  await stage.phone.hasReceived(GUS, ['"Noon" - or later...']);

  await window.draft.fill('“😀”');
  await expect(window.root.locator('.rl-foreign')).toContainText('😀');
  await expect(window.action('replace')).toHaveCount(0);
});

test('a chat costs nothing and says nothing of parts', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.chatWith('Sarah Smith');
  await window.draft.fill('“Noon” – or later…'.repeat(20));
  await expect(window.count).toBeHidden();
  await expect(window.root.locator('.rl-foreign')).toBeHidden();
  await window.draft.fill('x'.repeat(3_900));
  await expect(window.count).toHaveText('3900 / 4000');
});
