const { randomUUID } = require('crypto');
const db = require('./db');

const ok = (statusCode, body) => ({ statusCode, body: JSON.stringify(body) });

exports.handler = async (event) => {
  const started = Date.now();
  const id = event.pathParameters && event.pathParameters.id;
  let response;
  if (event.httpMethod === 'GET') {
    const { rows } = await db.query('SELECT id, user_id, expires_at FROM sessions WHERE id = $1', [id]);
    response = rows.length ? ok(200, rows[0]) : ok(404, { message: 'no such session' });
  } else {
    const { userId } = JSON.parse(event.body || '{}');
    const session = randomUUID();
    await db.query("INSERT INTO sessions (id, user_id, expires_at) VALUES ($1, $2, now() + interval '12 hours')", [session, userId]);
    response = ok(201, { id: session });
  }
  console.log(`${event.httpMethod} sessions ${response.statusCode} ${Date.now() - started}ms`);
  return response;
};
