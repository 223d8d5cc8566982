// Riverline or Sugar goes away for a while: what the panels say, and that nothing is lost.

import { GUS, contactId, expect, test } from './harness/test.mjs';

const UNREACHABLE = /ERR_CONNECTION_REFUSED|WebSocket connection to|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/;

test('the service is killed and comes back: panels say so, and what was written meanwhile arrives once', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const sarah = await stage.enter('sarah');
  const mine = await sally.chatWith('Sarah Smith');
  await mine.say('before');
  const hers = sarah.chat('Sally Bronsen');
  await expect(hers.message('before')).toBeVisible();
  for (const person of [sally, sarah]) person.expectComplaint(UNREACHABLE);

  await stage.service.kill();
  await sally.hasStatus('offline');
  await mine.draft.fill('meanwhile');
  await mine.action('send').click();
  await stage.service.startAgain();
  await sally.isOnline();
  await sarah.isOnline();
  await expect(hers.message('meanwhile')).toHaveCount(1);
  await expect(mine.message('meanwhile')).toHaveCount(1);
  await hers.say('after');
  await expect(mine.messages).toHaveText([/before/, /meanwhile/, /after/]);
});

test('a panel that was offline catches up with what it missed, in order', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const sarah = await stage.enter('sarah');
  sarah.expectComplaint(/ERR_INTERNET_DISCONNECTED|WebSocket connection to/);
  const mine = await sally.chatWith('Sarah Smith');
  await mine.say('one');
  const hers = sarah.chat('Sally Bronsen');
  await expect(hers.message('one')).toBeVisible();
  await sarah.loseNetwork();
  for (const text of ['two', 'three', 'four']) await mine.say(text);
  await expect(hers.message('two')).toHaveCount(0);
  await expect(sarah.page.locator('#riverline-dock')).not.toHaveAttribute('data-rl-status', 'online');
  await sarah.page.context().setOffline(false);
  await sarah.isOnline();
  await expect(hers.messages).toHaveText([/one/, /two/, /three/, /four/]);
});

test('Sugar is down: chat goes on, and opening an SMS session says that Sugar cannot be reached', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const sarah = await stage.enter('sarah');
  const mine = await sally.chatWith('Sarah Smith');
  await sally.openContact('Gus Dales');
  sally.expectComplaint(/status of 503/);
  sarah.expectComplaint(/status of 503/);
  await stage.sugar.switch('maintenance', true);
  await sally.recordSmsButton.click();
  await expect(sally.page.locator('.rl-strip, #alerts').filter({ hasText: 'Sugar cannot be reached' })).toBeVisible();
  await mine.say('Sugar is down');
  await expect(sarah.chat('Sally Bronsen').message('Sugar is down')).toBeVisible();
  await stage.sugar.switch('maintenance', false);
});

test('a Note whose answer from Sugar is lost is stored once', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.textContact('Gus Dales');
  await window.say('Only one Note, please');
  await stage.phone.hasReceived(GUS, ['Only one Note, please']);
  await stage.sugar.switch('drop_after_store', true, { times: 1 });
  await window.close();
  await expect(window.note).toHaveAttribute('data-note-state', 'saved');
  expect(await stage.sugar.notesOn(contactId('Gus Dales'))).toHaveLength(1);
});
