// Telnyx's own SDK as a client of the stand-in Telnyx: prints what it believes as JSON.
'use strict';
const Telnyx = require('telnyx');

const [base, key, from, to] = process.argv.slice(2);
// No second try: it would ask again what we look at.
const client = (apiKey) => new Telnyx({ apiKey, baseURL: `${base}/v2`, maxRetries: 0 });

const refused = async (apiKey, message) => {
  try {
    await client(apiKey).messages.send(message);
    return null;
  } catch (error) {
    const [first] = error.error?.errors ?? [];
    return { kind: error.constructor.name, status: error.status ?? null, code: first?.code ?? null };
  }
};

(async () => {
  const callback = 'https://cb.example/s';
  // The stand-in was told to refuse the first two.
  const busy = await refused(key, { from, to, text: 'busy' });
  const blocked = await refused(key, { from, to, text: 'blocked' });
  const sent = await client(key).messages.send({ from, to, text: 'hi', webhook_url: callback });
  const { id, parts, record_type: kind, to: receivers } = sent.data;
  const result = {
    sent: { id, parts, kind, to: receivers[0].phone_number, status: receivers[0].status },
    nonsense: await refused(key, { from, to: 'x', text: 'x' }),
    empty: await refused(key, { from, to }),
    unsigned: await refused('wrong', { from, to, text: 'x' }),
    busy,
    blocked,
  };
  process.stdout.write(JSON.stringify(result));
})().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
