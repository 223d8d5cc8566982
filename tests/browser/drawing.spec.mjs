// What is drawn anew under the mouse: a button that somebody is pressing stays the same button.

import { expect, test } from './harness/test.mjs';

test('a press on a title bar counts although a message comes in between pressing and releasing', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const sarah = await stage.enter('sarah');
  const mine = await sally.chatWith('Sarah Smith');
  await mine.say('Hello');
  const hers = sarah.chat('Sally Bronsen');
  await hers.title.locator('[data-rl-action="minimise"]').click();
  const expand = hers.title.locator('[data-rl-action="expand"]');
  await expand.hover();
  await sarah.page.mouse.down();
  await mine.say('In between');
  await expect(hers.title).toContainText('New 1');
  await sarah.page.mouse.up();
  await expect(hers.draft).toBeVisible();
});
