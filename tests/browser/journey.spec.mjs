// The main job once through every layer, on the installed zip: chat, text, reply, close, Note.

import { GUS, contactId, expect, test } from './harness/test.mjs';

test('the whole journey: chat with a colleague, text a contact, read his answer, find the Note on his record', async ({ stage }) => {
  const sally = await stage.enter('sally');
  const sarah = await stage.enter('sarah');

  await test.step('two colleagues chat', async () => {
    const atSally = await sally.chatWith('Sarah Smith');
    await atSally.say('The Dales order is packed.');
    const atSarah = sarah.chat('Sally Bronsen');
    await expect(atSarah.message('The Dales order is packed.')).toBeVisible();
    await atSarah.say('Great, I tell him.');
    await expect(atSally.message('Great, I tell him.')).toBeVisible();
  });

  await test.step('a contact is texted from his record and answers on his phone', async () => {
    const window = await sally.textContact('Gus Dales');
    await window.say('It left this morning.');
    await expect(window.lastState).toContainText('Delivered');

    const phone = await sally.page.context().newPage();
    await phone.goto(stage.phone.page);
    await expect(phone.getByRole('log')).toContainText('It left this morning.');
    await phone.getByLabel('Text', { exact: true }).fill('Thank you, I will be in.');
    await phone.getByRole('button', { name: 'Send' }).click();
    await phone.close();
    await expect(window.message('Thank you, I will be in.')).toBeVisible();
  });

  await test.step('closing the window puts one Note on the record', async () => {
    const window = sally.sms('Gus Dales');
    await window.close();
    const [note] = await stage.sugar.waitForNotes(contactId('Gus Dales'), 1);
    expect(note).toMatchObject({ parent_type: 'Contacts', contact_id: contactId('Gus Dales'), assigned_user_id: 'seed_sally_id' });
    expect(note.name).toContain('Gus Dales');
    expect(note.name).toContain(GUS);
    expect(note.description).toMatch(/It left this morning\.[\s\S]*Thank you, I will be in\./);
    await expect(window.root).toBeHidden();

    await sally.go('#Contacts');
    await sally.openContact('Gus Dales');
    await expect(sally.page.locator('#content')).toContainText(note.name);
  });
  expect(await stage.phone.received(GUS)).toEqual(['It left this morning.']);
});

test('every window is of one kind: title bar, messages, a place to type', async ({ stage }) => {
  const sally = await stage.enter('sally');
  for (const window of [await sally.chatWith('Jim Brennan'), await sally.textContact('Gus Dales')]) {
    await expect(window.root).toHaveRole('dialog');
    await expect(window.log).toHaveRole('log');
    for (const action of ['minimise', 'close', 'send']) {
      await expect(window.action(action)).toHaveAccessibleName(/\S/);
    }
  }
});
