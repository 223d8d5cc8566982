// Twilio's own SDK as a client of the stand-in Twilio: prints what it believes as JSON.
'use strict';
const twilio = require('twilio');
const RequestClient = require('twilio/lib/base/RequestClient');

const [base, account, token, from, to] = process.argv.slice(2);

// The SDK knows Twilio's host only.
class Local extends RequestClient {
  request(options) {
    const url = new URL(options.uri);
    return super.request({ ...options, uri: base + url.pathname + url.search });
  }
}

const client = twilio(account, token, { httpClient: new Local() });
const shown = ({ sid, status, body, direction, numSegments, numMedia, errorCode, dateCreated }) => ({
  sid, status, body, direction, numSegments, numMedia, errorCode, isDate: dateCreated instanceof Date,
});
const refused = async (call) => {
  try {
    await call();
    return null;
  } catch (error) {
    return { code: error.code, status: error.status };
  }
};

(async () => {
  const callback = 'https://cb.example/s';
  const sent = await client.messages.create({ from, to, body: 'hi', statusCallback: callback, validityPeriod: 60 });
  const service = `MG${'a'.repeat(32)}`;
  const pooled = await client.messages.create({ messagingServiceSid: service, to, body: 'pooled' });
  const fetched = await client.messages(sent.sid).fetch();
  const listed = await client.messages.list({ to: from, pageSize: 2 });
  const [pictured] = listed.filter((message) => message.numMedia !== '0');
  const media = await client.messages(pictured.sid).media.list();
  const stranger = twilio(account, 'wrong', { httpClient: new Local() });
  const result = {
    sent: shown(sent),
    pooled: shown(pooled),
    fetched: shown(fetched),
    listed: listed.map(shown),
    media: media.map(({ sid, contentType }) => ({ sid, contentType })),
    refused: {
      nobody: await refused(() => client.messages.create({ from, body: 'x' })),
      nonsense: await refused(() => client.messages.create({ from, to: 'x', body: 'x' })),
      empty: await refused(() => client.messages.create({ from, to })),
      long: await refused(() => client.messages.create({ from, to, body: 'x'.repeat(1601) })),
      unsigned: await refused(() => stranger.messages.create({ from, to, body: 'x' })),
      gone: await refused(() => client.messages(`SM${'f'.repeat(32)}`).fetch()),
    },
  };
  process.stdout.write(JSON.stringify(result));
})().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
