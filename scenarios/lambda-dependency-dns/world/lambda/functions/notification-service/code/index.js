const { SESv2Client, SendEmailCommand } = require('@aws-sdk/client-sesv2');
const { query } = require('./db');

const ses = new SESv2Client({});

const reply = (statusCode, body) => ({
  statusCode,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

async function send({ to, subject, text }) {
  const { MessageId } = await ses.send(new SendEmailCommand({
    FromEmailAddress: process.env.SENDER,
    Destination: { ToAddresses: [to] },
    Content: { Simple: { Subject: { Data: subject }, Body: { Text: { Data: text } } } },
  }));
  console.log(`sent ${MessageId}`);
  return reply(202, { id: MessageId });
}

async function history({ userId }) {
  const { rows } = await query(
    'SELECT id, subject, sent_at, read_at FROM notifications WHERE user_id = $1 ORDER BY sent_at DESC LIMIT 50',
    [userId]
  );
  return reply(200, rows);
}

exports.handler = async (event) => {
  console.log(`${event.httpMethod} ${event.path}`);
  return event.httpMethod === 'POST'
    ? send(JSON.parse(event.body))
    : history(event.queryStringParameters || {});
};
