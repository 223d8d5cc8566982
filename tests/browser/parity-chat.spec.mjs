// What users of the plug-in that Riverline replaces know about chat: PR-01 to PR-10 of its manual.

import { expect, test } from './harness/test.mjs';

test('PR-01 one package gives both colleague chat and texting in both directions', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const sarah = await stage.enter('sarah');
  const chat = await sally.chatWith('Sarah Smith');
  await chat.say('One package');
  await expect(sarah.chat('Sally Bronsen').message('One package')).toBeVisible();
  const texts = await sally.textContact('Gus Dales');
  await texts.say('Two directions');
  await stage.phone.hasReceived('+14155552671', ['Two directions']);
  await stage.phone.text('+14155552671', 'Indeed');
  await expect(texts.message('Indeed')).toBeVisible();
});

test('PR-02 Live Chat is in the bottom bar, on every page and for every user', async ({ stage }) => {
  for (const user of ['sally', 'jim', 'admin']) {
    const person = await stage.enter(user);
    for (const place of ['#Home', '#Contacts', '#Contacts/seed_gus_dales_id', '#Contacts']) {
      await person.go(place);
      await expect(person.launcher).toHaveCount(1);
      await expect(person.launcher).toContainText('Live Chat');
      await expect(person.page.locator('#footer [data-rl-launcher]:visible')).toHaveCount(1);
    }
  }
});

test('PR-03 Live Chat opens Company Members over the page, and the page stays usable', async ({ stage }) => {
  const sally = await stage.enter('sally');
  await sally.page.locator('[data-rl-action="members"]:visible').click();
  const members = await sally.members();
  await expect(members.title).toContainText('Company Members');
  for (const colleague of ['Sarah Smith', 'Jim Brennan', 'Will Westin']) {
    await expect(members.row(colleague)).toBeVisible();
  }
  await expect(members.row('Rita Retired')).toHaveCount(0);
  await sally.go('#Contacts');
  await sally.page.locator('#content').getByText('Gus Dales').first().click();
  await expect(sally.recordSmsButton).toBeVisible();
  await expect(members.root).toBeVisible();

  await members.find.fill('sar');
  await expect(members.row('Jim Brennan')).toBeHidden();
  await expect(members.row('Sarah Smith')).toBeVisible();
});

test('PR-04 a double-click on a colleague opens the chat window, and so does Enter', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const members = await sally.members();
  await members.row('Sarah Smith').dblclick();
  await expect(sally.chat('Sarah Smith').draft).toBeFocused();
  await members.row('Jim Brennan').focus();
  await sally.page.keyboard.press('Enter');
  await expect(sally.chat('Jim Brennan').draft).toBeFocused();
});

test('PR-05 the list shows who is here; who is away gets the message at the next login', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const members = await sally.members();
  await expect(members.row('Sarah Smith')).toHaveAttribute('data-presence', 'offline');
  const chat = await sally.chatWith('Sarah Smith');
  await chat.say('For when you are back');

  const sarah = await stage.enter('sarah');
  await expect(members.row('Sarah Smith')).toHaveAttribute('data-presence', 'available');
  await expect(sarah.badge).toHaveText('1');
  const received = await sarah.chatWith('Sally Bronsen');
  await expect(received.message('For when you are back')).toBeVisible();

  await sarah.page.close();
  await expect(members.row('Sarah Smith')).toHaveAttribute('data-presence', 'offline');
});

test('PR-06 type in the message area and press Send; Enter sends too, Shift+Enter starts a line', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const sarah = await stage.enter('sarah');
  const chat = await sally.chatWith('Sarah Smith');
  await chat.draft.fill('By the button');
  await chat.action('send').click();
  await chat.draft.pressSequentially('By Enter');
  await chat.draft.press('Enter');
  await chat.draft.pressSequentially('two');
  await chat.draft.press('Shift+Enter');
  await chat.draft.pressSequentially('lines');
  await expect(chat.draft).toHaveValue('two\nlines');
  await chat.draft.press('Enter');
  await expect(chat.draft).toHaveValue('');
  const received = sarah.chat('Sally Bronsen');
  await expect(received.messages).toHaveCount(3);
  await expect(received.messages.nth(0)).toContainText('By the button');
  await expect(received.messages.nth(1)).toContainText('By Enter');
  expect(await received.messages.nth(2).innerText()).toMatch(/two\nlines/);
});

test('PR-07 own message and replies share one timeline', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const sarah = await stage.enter('sarah');
  const mine = await sally.chatWith('Sarah Smith');
  await mine.say('one');
  const hers = sarah.chat('Sally Bronsen');
  await expect(hers.message('one')).toBeVisible();
  await hers.say('two');
  await expect(mine.message('two')).toBeVisible();
  await mine.say('three');
  await expect(hers.message('three')).toBeVisible();
  for (const [window, sides] of [[mine, ['me', 'them', 'me']], [hers, ['them', 'me', 'them']]]) {
    await expect(window.log.locator('.rl-msg')).toHaveText([/one/, /two/, /three/]);
    for (const [place, side] of sides.entries()) {
      await expect(window.messages.nth(place)).toHaveClass(new RegExp(`\\brl-${side}\\b`));
    }
  }
});

test('PR-08 minimise and expand are in the title bar, and the state survives navigation and reload', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const small = await sally.chatWith('Sarah Smith');
  const large = await sally.chatWith('Jim Brennan');
  await small.title.locator('[data-rl-action="minimise"]').click();
  const unchanged = async () => {
    await expect(small.draft).toBeHidden();
    await expect(small.title.locator('[data-rl-action="expand"]')).toBeVisible();
    await expect(large.draft).toBeVisible();
    await expect(large.title.locator('[data-rl-action="minimise"]')).toBeVisible();
  };
  await unchanged();
  await sally.openContact('Gus Dales');
  await unchanged();
  await sally.reload();
  await unchanged();
  await small.title.locator('[data-rl-action="expand"]').click();
  await expect(small.draft).toBeVisible();
});

test('PR-09 several chat windows are open at once; the same colleague again is the same window', async ({ stage }) => {
  const sally = await stage.enter('sally');
  for (const colleague of ['Sarah Smith', 'Jim Brennan', 'Will Westin']) {
    await sally.chatWith(colleague);
  }
  await expect(sally.page.locator('.rl-win[data-rl-window="chat"]')).toHaveCount(3);
  await sally.chatWith('Sarah Smith');
  await expect(sally.page.locator('.rl-win[data-rl-window="chat"]')).toHaveCount(3);
  await expect(sally.chat('Sarah Smith').draft).toBeFocused();
});

test('PR-10 a minimised window with new messages shows a red New, until it is expanded', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const sarah = await stage.enter('sarah');
  const window = await sally.chatWith('Sarah Smith');
  await window.say('Ready');
  await window.minimise();
  await expect(window.newMark).toBeHidden();
  const other = sarah.chat('Sally Bronsen');
  await other.say('first');
  await other.say('second');
  await expect(window.newMark).toHaveText('New 2');
  await expect(sally.badge).toHaveText('2');
  const [red, green, blue] = await window.newMark.evaluate((mark) => getComputedStyle(mark).backgroundColor.match(/\d+/g).map(Number));
  expect(red).toBeGreaterThan(2 * Math.max(green, blue));
  await window.expand();
  await expect(window.newMark).toBeHidden();
  await expect(sally.badge).toBeHidden();
  await expect(window.message('second')).toBeVisible();
});
