// Windows belong to the app, not to a page: they stay through navigation, re-sync and reload, and are in step across tabs.

import { GUS, expect, test } from './harness/test.mjs';

test('windows survive 20 navigations, a re-sync and a reload, with drafts and without leaking listeners', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const chat = await sally.chatWith('Sarah Smith');
  await chat.say('Before the journey');
  await chat.draft.fill('half a thou');
  const texts = await sally.textContact('Gus Dales');
  await texts.say('Still here');
  await texts.minimise();
  const unchanged = async () => {
    await expect(sally.launcher).toHaveCount(1);
    await expect(sally.page.locator('#riverline-dock')).toHaveCount(1);
    await expect(chat.message('Before the journey')).toHaveCount(1);
    await expect(chat.draft).toHaveValue('half a thou');
    await expect(texts.draft).toBeHidden();
    await expect(texts.title).toBeVisible();
  };
  await sally.go('#Contacts');
  await unchanged();
  const listeners = () => sally.page.evaluate(() => window.SUGAR.App.standin.listenerCount());
  const before = await listeners();
  for (let round = 0; round < 10; round += 1) {
    await sally.openContact(round % 2 === 0 ? 'Gus Dales' : 'Olivia Brown');
    await sally.go('#Contacts');
    await expect(sally.recordSmsButton).toHaveCount(0);
  }
  await unchanged();
  expect(await listeners()).toBe(before);
  await sally.page.evaluate(() => window.SUGAR.App.standin.resync());
  await unchanged();
  await sally.reload();
  await unchanged();
  await expect(sally.chat('Sarah Smith').root).toHaveCount(1);
});

test('two tabs of one user are in step', async ({ stage }) => {
  const first = await stage.enter('sally');
  const sarah = await stage.enter('sarah');
  const second = await stage.anotherTab(first);
  const here = await first.chatWith('Sarah Smith');
  await here.say('From one tab');
  const there = second.chat('Sarah Smith');
  await expect(there.message('From one tab')).toBeVisible();
  await sarah.chat('Sally Bronsen').say('To both');
  await expect(here.message('To both')).toBeVisible();
  await expect(there.message('To both')).toBeVisible();
  await here.close();
  await expect(there.root).toBeHidden();
});

test('logging out removes everything and ends the other tab too, which the next user does not wake', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const oldTab = await stage.anotherTab(sally);
  const chat = await sally.chatWith('Sarah Smith');
  await chat.say('Bye');
  await chat.draft.fill('never sent');
  await sally.go('#logout');
  await expect(sally.page.locator('input[name="password"]')).toBeVisible();
  await expect(sally.launcher).toHaveCount(0);
  await expect(sally.windows).toHaveCount(0);
  await oldTab.isNotOnline();
  await expect(oldTab.windows).toHaveCount(0);
  await sally.logIn('sarah');
  await oldTab.page.bringToFront();
  await oldTab.page.evaluate(() => window.dispatchEvent(new Event('pageshow')));
  await oldTab.hasStatus('offline');
  await expect(oldTab.windows).toHaveCount(0);
  await sally.page.bringToFront();
  await sally.isOnline();
  await expect(sally.chat('Sarah Smith').root).toHaveCount(0);
  expect(await sally.page.evaluate(() => JSON.stringify(sessionStorage) + JSON.stringify(localStorage))).not.toContain('never sent');
});

test('history goes back in pages', async ({ stage }) => {
  const { token } = await stage.signIn('sally');
  const chat = await stage.service.call('POST', '/v1/chats', { token, body: { member_ids: ['seed_jim_id'] } });
  for (let number = 1; number <= 120; number += 1) {
    const sent = await stage.service.call('POST', `/v1/conversations/${chat.body.id}/messages`, { token, body: { text: `number ${number}.` } });
    expect(sent.status).toBe(202);
  }
  const sally = await stage.enter('sally');
  const window = await sally.chatWith('Jim Brennan');
  await expect(window.message('number 120.')).toBeVisible();
  await expect(window.message('number 20.')).toHaveCount(0);
  for (const shown of [50, 100]) {
    await expect(window.messages).toHaveCount(shown);
    await window.action('older').click();
  }
  await expect(window.messages).toHaveCount(120);
  await expect(window.messages.first()).toContainText('number 1.');
});

test('typing and read marks are shown', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const sarah = await stage.enter('sarah');
  const mine = await sally.chatWith('Sarah Smith');
  await mine.say('Did you see it?');
  const hers = sarah.chat('Sally Bronsen');
  await expect(hers.message('Did you see it?')).toBeVisible();
  await hers.draft.pressSequentially('I am');
  await expect(mine.root.locator('.rl-typing')).toContainText('Sarah');
  await hers.draft.press('Enter');
  await expect(mine.root.locator('.rl-typing')).toBeHidden();
  await expect(mine.root.locator('.rl-meta').first()).toContainText('Read');
});

test('a presence chosen by hand is seen by colleagues and kept', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const sarah = await stage.enter('sarah');
  const seen = (await sally.members()).row('Sarah Smith');
  const own = (await sarah.members()).myPresence;
  for (const choice of ['busy', 'do_not_disturb', 'away']) {
    await own.selectOption(choice);
    await expect(seen).toHaveAttribute('data-presence', choice);
  }
  await sarah.reload();
  await expect((await sarah.members()).myPresence).toHaveValue('away');
  await own.selectOption('available');
  await expect(seen).toHaveAttribute('data-presence', 'available');
});

test('markup in names and messages stays text', async ({ stage }) => {
  const nasty = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script> {{constructor}} &amp; "\'';
  const sally = await stage.enter('sally');
  const sarah = await stage.enter('sarah');
  await (await sally.chatWith('Sarah Smith')).say(nasty);
  await expect(sarah.chat('Sally Bronsen').message(nasty)).toBeVisible();
  await stage.phone.text(GUS, nasty);
  await expect(sally.sms('Gus Dales').message(nasty)).toBeVisible();
  const ada = await sally.textContact('Ada <b>Markup</b>');
  await expect(ada.title).toContainText('Ada <b>Markup</b>');
  for (const person of [sally, sarah]) {
    await expect(person.page.locator('#riverline-dock').locator('img, script, b')).toHaveCount(0);
    expect(await person.page.evaluate(() => window.harmed)).toBeUndefined();
  }
});
