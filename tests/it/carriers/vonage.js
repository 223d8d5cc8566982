// Vonage's own SDK as a client of the stand-in Vonage, of either API: prints what it believes as JSON.
'use strict';
const { Auth } = require('@vonage/auth');
const { Messages } = require('@vonage/messages');
const { SMS } = require('@vonage/sms');

const [api, base, apiKey, apiSecret, from, to] = process.argv.slice(2);
const client = (secret) => {
  const auth = new Auth({ apiKey, apiSecret: secret });
  const hosts = { restHost: base, apiHost: base };
  return api === 'sms' ? new SMS(auth, hosts) : new Messages(auth, hosts);
};
const send = (secret, receiver, text) => client(secret).send(
  api === 'sms' ? { from, to: receiver, text } : { channel: 'sms', messageType: 'text', from, to: receiver, text },
);
const refused = async (secret, receiver, text) => {
  try {
    await send(secret, receiver, text);
    return null;
  } catch (error) {
    if (error.getFailedMessages) {
      return { kind: error.constructor.name, statuses: error.getFailedMessages().map(({ status }) => status) };
    }
    return { kind: error.constructor.name, status: error.response?.status ?? null };
  }
};

(async () => {
  // The stand-in was told to refuse the first.
  const busy = await refused(apiSecret, to, 'busy');
  const sent = await send(apiSecret, to, 'A text in three parts. '.repeat(15).trim());
  const result = {
    sent: sent.messageUUID ?? sent.messages.map(({ messageId }) => messageId),
    nonsense: await refused(apiSecret, 'x', 'x'),
    unsigned: await refused('wrong', to, 'x'),
    busy,
  };
  process.stdout.write(JSON.stringify(result));
})().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
