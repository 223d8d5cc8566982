// Hands on the keyboard and eyes on the page: focus and what one reads stay where they were.

import { GUS, expect, test } from './harness/test.mjs';

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
  // Until the panel has heard of the scrolling: a message drawn in the same frame still keeps the end in sight.
  await expect(async () => {
    await read.evaluate((line) => {
      line.scrollIntoView();
      return new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); });
    });
    await expect(read).toBeInViewport({ timeout: 500 });
  }).toPass();
  const before = await read.boundingBox();
  const hers = await sarah.chatWith('Sally Bronsen');
  await hers.say('Something new');
  await expect(window.message('Something new')).toBeAttached();
  expect((await read.boundingBox()).y).toBe(before.y);
});

test('a text sent while its window is still opening goes out once, with the opening', async ({ stage }) => {
  const sally = await stage.enter('sally');
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  await sally.page.route(`${stage.service.url}/v1/sms-sessions`, async (route) => {
    await released;
    await route.continue();
  });
  await sally.openContact('Gus Dales');
  await sally.recordSmsButton.click();
  const window = sally.sms('Gus Dales');
  await window.draft.fill('I am fast');
  await window.draft.press('Enter');
  await expect(window.strip).toContainText('goes out in a moment');
  release();
  await expect(window.message('I am fast')).toHaveAttribute('data-state', 'delivered');
  await expect(window.draft).toHaveValue('');
  expect(await stage.phone.received(GUS)).toEqual(['I am fast']);
});

test('two windows that turn out to be one take the focus and the words along', async ({ stage }) => {
  const sally = await stage.enter('sally');
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  await sally.page.route(`${stage.service.url}/v1/sms-sessions`, async (route) => {
    await released;
    await route.continue();
  });
  await sally.openContact('Gus Dales');
  await sally.recordSmsButton.click();
  const opening = sally.page.locator('.rl-win[data-rl-window="sms"]:not([data-conversation-id])');
  await opening.locator('textarea.rl-text').fill('Half a');
  await stage.phone.text(GUS, 'I was faster');
  const window = sally.number(GUS);
  await expect(window.message('I was faster')).toBeVisible();
  await expect(opening.locator('textarea.rl-text')).toBeFocused();
  release();
  await expect(opening).toHaveCount(0);
  await expect(window.draft).toBeFocused();
  await expect(window.draft).toHaveValue('Half a');
});
