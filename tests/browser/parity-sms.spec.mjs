// What users of the plug-in that Riverline replaces know about texting: PR-11 to PR-18 of its manual.

import { GUS, contactId, expect, test } from './harness/test.mjs';

const OLIVIA = '+13035550188';

test('PR-11 the SMS icon on the contact record opens a window of the same kind', async ({ stage }) => {
  const sally = await stage.enter('sally');
  await sally.openContact('Gus Dales');
  await sally.recordSmsButton.click();
  const window = sally.sms('Gus Dales');
  await expect(window.draft).toBeFocused();
  await expect(window.title).toContainText(/\+?1?[ (]*415/);
  await window.close();
  await expect(window.root).toBeHidden();
  await sally.fieldSmsIcon().click();
  await expect(sally.sms('Gus Dales').draft).toBeFocused();
});

test('PR-12 the text goes to the mobile number; without one the icon says why', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.textContact('Gus Dales');
  await expect(window.root).toHaveAttribute('data-peer', GUS);
  await window.say('To your mobile');
  await stage.phone.hasReceived(GUS, ['To your mobile']);
  await expect(window.messages.last()).toHaveAttribute('data-state', 'delivered');

  await sally.openContact('Nora Nomobile');
  await expect(sally.recordSmsButton).toHaveAttribute('aria-disabled', 'true');
  await expect(sally.recordSmsButton).toHaveAttribute('title', /mobile/i);
  await sally.recordSmsButton.click({ force: true });
  // Whatever that click had opened would be there before the next window is.
  await sally.textContact('Olivia Brown');
  await expect(sally.windows).toHaveCount(2);
  await expect(sally.sms('Nora Nomobile').root).toHaveCount(0);
});

test('PR-13 replies drop into the window by themselves', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.textContact('Gus Dales');
  await window.say('Noon?');
  await stage.phone.hasReceived(GUS, ['Noon?']);
  for (const reply of ['Yes', 'See you then']) {
    await stage.phone.text(GUS, reply);
    await expect(window.message(reply)).toHaveClass(/\brl-them\b/);
  }
  await expect(window.messages).toHaveText([/Noon\?/, /Yes/, /See you then/]);
});

test('PR-14 several SMS sessions are open at once, one window for each contact', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const gus = await sally.textContact('Gus Dales');
  const olivia = await sally.textContact('Olivia Brown');
  await gus.say('To Gus');
  await olivia.say('To Olivia');
  await stage.phone.hasReceived(GUS, ['To Gus']);
  await stage.phone.hasReceived(OLIVIA, ['To Olivia']);
  await sally.textContact('Gus Dales');
  await expect(sally.page.locator('.rl-win[data-rl-window="sms"]')).toHaveCount(2);
  await expect(gus.messages).toHaveCount(1);
});

test('PR-15 a minimised SMS window shows the red New', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.textContact('Gus Dales');
  await window.say('Hello');
  await window.minimise();
  await stage.phone.text(GUS, 'Hello back');
  await expect(window.newMark).toHaveText('New 1');
  await window.expand();
  await expect(window.newMark).toBeHidden();
  await expect(window.message('Hello back')).toBeVisible();
});

test('PR-16 closing an SMS session stores one Note on the contact, and the window says so', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const window = await sally.textContact('Gus Dales');
  await window.say('Anything else?');
  await stage.phone.text(GUS, 'No, thank you');
  await expect(window.message('No, thank you')).toBeVisible();
  await stage.sugar.switch('maintenance', true);
  await window.close();
  await expect(window.note).toHaveAttribute('data-note-state', 'waiting');
  await stage.sugar.switch('maintenance', false);
  const [note] = await stage.sugar.waitForNotes(contactId('Gus Dales'), 1);
  await expect(window.note).toHaveAttribute('data-note-state', 'saved');
  await expect(window.root).toBeHidden();
  // The page of the contact is open: the Note is on it without a click.
  await expect(sally.page.locator(`#content [data-note-id="${note.id}"]`)).toBeVisible();
  expect(note.portal_flag).toBeFalsy();
  expect(note.description).toMatch(/Sally Bronsen[\s\S]*Anything else\?[\s\S]*No, thank you/);
  await sally.page.reload();
  await sally.isOnline();
  expect(await stage.sugar.notesOn(contactId('Gus Dales'))).toHaveLength(1);
});

test('PR-17 a text to our number opens a window by itself, also when nobody was there', async ({ stage }) => {
  const sally = await stage.enter('sally');
  await stage.phone.text(GUS, 'Is my order on its way?');
  await expect(sally.sms('Gus Dales').message('Is my order on its way?')).toBeVisible();

  await stage.phone.text('+12125550123', 'Anybody there?');
  const sarah = await stage.enter('sarah');
  await expect(sarah.sms('Maria Garcia').message('Anybody there?')).toBeVisible();
  await expect(sally.sms('Maria Garcia').root).toHaveCount(0);
});

test('PR-18 a session that the contact started becomes one Note too', async ({ stage }) => {
  const sally = await stage.enter('sally');
  await stage.phone.text(GUS, 'Please call me');
  const window = sally.sms('Gus Dales');
  await expect(window.message('Please call me')).toBeVisible();
  await window.say('I will');
  await stage.phone.hasReceived(GUS, ['I will']);
  await window.close();
  const [note] = await stage.sugar.waitForNotes(contactId('Gus Dales'), 1);
  expect(note.description).toMatch(/Please call me[\s\S]*I will/);
});
