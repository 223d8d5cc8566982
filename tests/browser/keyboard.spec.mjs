// Hands on the keyboard and eyes on the page: focus and what one reads stay where they were.

import { expect, test } from './harness/test.mjs';

test('Escape minimises the window that has the focus, and the focus stays on it', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.chatWith('Sarah Smith');
  await window.draft.press('Escape');
  await expect(window.action('expand')).toBeFocused();
  await sally.page.keyboard.press('Enter');
  await expect(window.draft).toBeFocused();
});

test('who reads further up keeps what he is looking at when a message comes', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const sarah = await stage.enter('sarah');
  const window = await sally.chatWith('Sarah Smith');
  for (let n = 1; n <= 30; n += 1) await window.say(`line ${n}`);
  const read = window.message('line 10').last();
  await read.evaluate((line) => line.scrollIntoView());
  const before = await read.boundingBox();
  const hers = await sarah.chatWith('Sally Bronsen');
  await hers.say('Something new');
  await expect(window.message('Something new')).toBeAttached();
  expect((await read.boundingBox()).y).toBe(before.y);
});
