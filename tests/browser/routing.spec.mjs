// Texts from outside: whom they reach, who may answer, what becomes of numbers that nobody knows.

import { GUS, contactId, expect, test } from './harness/test.mjs';

test('a text for two contacts with one number goes to several; the first reply claims it and the other keeps the draft', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const sarah = await stage.enter('sarah');
  await stage.phone.text('+16285550142', 'Which Twin am I?');
  const windows = [sally, sarah].map((person) => person.page.locator('.rl-win[data-rl-window="sms"][data-peer="+16285550142"]'));
  for (const window of windows) {
    await expect(window.locator('.rl-msg')).toHaveText(/Which Twin am I\?/);
  }
  await windows[1].locator('textarea.rl-text').fill('My answer');
  await windows[0].locator('textarea.rl-text').fill('Mine came first');
  await windows[0].locator('[data-rl-action="send"]').click();
  await stage.phone.hasReceived('+16285550142', ['Mine came first']);
  await expect(windows[1]).toContainText('Sally Bronsen');
  const kept = windows[1].locator('textarea.rl-text');
  await expect(kept).toHaveValue('My answer');
  await expect(kept).toBeVisible();
});

test('a text from an unknown number is shown with its number, and nothing of it is lost', async ({ stage }) => {
  const sally = await stage.enter('sally');
  await stage.phone.text('+12065550000', 'Wrong number?');
  const window = sally.page.locator('.rl-win[data-rl-window="sms"][data-peer="+12065550000"]');
  await expect(window.locator('.rl-msg')).toHaveText(/Wrong number\?/);
  await expect(window.locator('.rl-title')).toContainText(/206.?.?555.?0000/);
});

test('a name that Sugar does not show a member is not shown here either', async ({ stage }) => {
  const jim = await stage.enter('jim');
  const sarah = await stage.enter('sarah');
  await stage.phone.text('+15105550177', 'For Sarah only');
  await expect(sarah.sms('Vera Vault').message('For Sarah only')).toBeVisible();
  await expect(jim.page.locator('body')).not.toContainText('Vera Vault');
  await expect(jim.windows).toHaveCount(0);
});

test('a text that the carrier cannot deliver is marked, with a reason', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.textContact('Gus Dales');
  await stage.phone.behave('fail');
  await window.say('Into the void');
  await expect(window.messages.last()).toHaveAttribute('data-state', 'failed');
  await expect(window.lastState).toContainText(/could not be reached/);
  await stage.phone.behave('double');
  await window.say('Receipts come twice');
  await stage.phone.behave('reorder');
  await window.say('Receipts come backwards');
  await expect(window.message('Receipts come twice')).toHaveAttribute('data-state', 'delivered');
  await expect(window.message('Receipts come backwards')).toHaveAttribute('data-state', 'delivered');
  await window.close();
  const [note] = await stage.sugar.waitForNotes(contactId('Gus Dales'), 1);
  expect(note.description).toMatch(/Into the void[^\n]*\n?[^\n]*(not delivered|could not be reached)/i);
  expect(await stage.phone.received(GUS)).toEqual(['Into the void', 'Receipts come twice', 'Receipts come backwards']);
});
